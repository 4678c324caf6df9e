"""The registry: what is known of every capture, in SQLite or PostgreSQL. Nothing else speaks SQL."""
