"""How work is carried out: the supervisor, the executors it hands orders to, and the process that carries one out."""
