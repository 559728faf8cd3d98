"""What a message's moves cost in the database: fewer index entries, no random ones; a claim knows its messages."""

from alembic import op

from shared.migrations.policies import role

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# PostgreSQL writes no index entries for an update that changes no column an index mentions, be it in a predicate, if the page has room (HOT).
# `stage` tells what indexes need to know and stays the same from claim to marker. Whom a message speaks to never changes, so its address stands in
# message_touches, and only mail without touches (our own) is found in messages. A claim carries the ids it holds instead of an index over claim_id.
_TABLES = """
drop index ix_messages_due;
drop index ix_messages_waiting;
drop index ix_messages_live;
drop index ix_messages_deferred;
drop index ix_messages_claim_id;
drop index ix_messages_uncertain;
drop index ix_messages_bounced;
alter table messages add column stage text not null generated always as (
    case when state in ('claimed', 'handing_over') then 'held' else state end) stored;
alter table messages set (fillfactor = 85);
create index ix_messages_due on messages (next_at, message_id) where stage in ('accepted', 'deferred');
create index ix_messages_waiting on messages (subscriber_id, campaign_id, next_at, message_id) where stage in ('accepted', 'deferred');
create index ix_messages_deferred on messages (subscriber_id, message_id) where stage = 'deferred';
create index ix_messages_uncertain on messages (subscriber_id, final_at) where stage = 'uncertain';
create index ix_messages_bounced on messages (final_at) where stage = 'bounced';
create index ix_messages_without_touch on messages (address_key) where touch_ids = '{}';
alter table message_touches add column address_key text;
update message_touches t set address_key = m.address_key from messages m
where m.subscriber_id = t.subscriber_id and m.message_id = t.message_id;
alter table message_touches alter column address_key set not null;
create index ix_message_touches_address_key on message_touches (address_key);
alter table claims add column subscriber_ids uuid[] not null default '{}', add column message_ids uuid[] not null default '{}';
update claims c set (subscriber_ids, message_ids) = (
    select coalesce(array_agg(m.subscriber_id), '{}'), coalesce(array_agg(m.message_id), '{}') from messages m where m.claim_id = c.claim_id);
"""

# pick_due is 0004's with the words its indexes are found by now.
_PICK = """
do $do$
begin
    execute replace(pg_get_functiondef('pick_due'::regproc), $$m.state in ('accepted', 'deferred')$$, $$m.stage in ('accepted', 'deferred')$$);
end $do$
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_PICK)
    op.execute(f"grant select on claims to {role('mailer', 'api')}")  # how much is in hand; ids only
