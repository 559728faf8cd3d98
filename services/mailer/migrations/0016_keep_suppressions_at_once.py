"""The follower stores what it received in one round trip: everybody who opted out meanwhile waits for it."""

from alembic import op

from shared.migrations.policies import role

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The exclusive lock keeps every marker's statement out until this one commits; the time-out ends a transaction whose process froze in it. Each
# statement of a volatile function has its own snapshot, so `known` is what the last leader committed: what it has received already is passed over,
# or an old suppression would come back after its lift. Nobody waits for the disk: a server that crashes and forgets what it received has forgotten
# that it did, and has no lease after its start.
_KEEP = """
create function keep_suppressions(entries jsonb, log_epoch uuid, last_received bigint, new_lease timestamptz)
returns void language plpgsql volatile as $$
declare
    known bigint;
begin
    perform set_config('synchronous_commit', 'off', true), set_config('idle_in_transaction_session_timeout', '1000', true),
        pg_advisory_xact_lock(7310);
    known := coalesce((select f.received from follower_state f where f.singleton and f.epoch = log_epoch), 0);
    insert into suppressions (entry_id, position, subscriber_id, location_id, address_key, person_id, suppression_class, topic)
    select entry_id, position, subscriber_id, location_id, address_key, person_id, suppression_class, topic
    from jsonb_to_recordset(entries -> 'suppress') as e (entry_id uuid, position bigint, subscriber_id uuid, location_id uuid,
        address_key text, person_id uuid, suppression_class text, topic text)
    where e.position > known
    on conflict (subscriber_id, entry_id) do update set position = excluded.position;
    delete from suppressions s using jsonb_to_recordset(entries -> 'lift') as l (position bigint, subscriber_id uuid, location_id uuid,
        address_key text, person_id uuid, suppression_class text, topic text)
    where l.position > known and s.position < l.position
      and s.subscriber_id is not distinct from l.subscriber_id and s.location_id is not distinct from l.location_id
      and s.address_key is not distinct from l.address_key and s.person_id is not distinct from l.person_id
      and s.suppression_class = l.suppression_class and s.topic is not distinct from l.topic;
    update follower_state set epoch = log_epoch, received = greatest(received, last_received), lease_until = greatest(lease_until, new_lease)
    where singleton and (epoch is null or epoch = log_epoch);
end $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(_KEEP)
    op.execute(f"grant execute on function keep_suppressions to {role('mailer', 'worker')}")
