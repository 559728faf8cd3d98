"""Which bounces optout's ledger has."""

from alembic import op

from shared.migrations.policies import role

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = """
alter table reports add column is_told boolean not null default false;
create index ix_reports_untold on reports (reported_at) where kind = 'bounce' and not is_told;
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(f"grant update (is_told) on reports to {role('mailer', 'worker')}")
