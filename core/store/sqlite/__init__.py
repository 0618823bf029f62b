"""What belongs to SQLite alone: opening its file, its lock, its errors in words, its schema and migrations."""
