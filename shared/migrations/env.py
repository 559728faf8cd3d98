"""The Alembic environment of every service: connection and metadata come in `config.attributes`, an advisory lock makes upgrades take turns.

`alembic.context` is one global proxy: two services are upgraded one after the other, never side by side in one process.
"""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
metadata = context.config.attributes["metadata"]

context.configure(
    connection=connection, target_metadata=metadata, compare_server_default=True, transaction_per_migration=False
)
with context.begin_transaction():
    connection.execute(text("select pg_advisory_xact_lock(7300)"))
    connection.execute(text("set local lock_timeout = '5s'"))
    context.run_migrations()
