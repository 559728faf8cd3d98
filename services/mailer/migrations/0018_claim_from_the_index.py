"""What a message's moves cost in the database: a claim reads what it takes and no more, and moves it within its page."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply.

    With the statistics of a table that has just been filled the planner reads and sorts all that is due, by a bitmap, for each claim: 48 ms from
    40,000 queued, against 1.5 ms in the order of the index. Two fifths of a page left free take the versions that claim, marker and settlement
    write: the log of a message sent is 1.7 kB instead of 2.1, and the table grows by a quarter instead of doubling.
    """
    op.execute("alter function claim_due set enable_bitmapscan = off")
    op.execute("alter table messages set (fillfactor = 60)")
