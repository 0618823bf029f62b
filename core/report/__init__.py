"""Results as files for other programs and people. Values in, bytes or plain JSON out."""
