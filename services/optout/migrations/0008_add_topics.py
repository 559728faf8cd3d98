"""What an opt-out is about, where it is about one topic alone.

Alters no row: the new columns are empty in old entries, whose hashes stay as they are.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATEMENTS = """
alter table ledger add column topic text,
    add constraint ck_ledger_topic check (topic is null or kind in ('optout', 'lift') and suppression_class = 'all');
alter table suppression_log add column topic text
"""


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS.split(";\n"):
        op.execute(statement)
