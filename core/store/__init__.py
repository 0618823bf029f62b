"""What is kept: series, runs, tasks, results, links. SQLAlchemy Core on one SQLite file; values in, values out."""
