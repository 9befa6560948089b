"""Alembic's home: its environment and every revision of the schema."""
