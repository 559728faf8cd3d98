"""One Alembic environment for all services."""
