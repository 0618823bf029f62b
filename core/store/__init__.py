"""What is kept: series, runs, tasks, results, links. SQLAlchemy Core, values in and out; `sqlite` is what only SQLite needs."""
