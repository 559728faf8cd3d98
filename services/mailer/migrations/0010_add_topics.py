"""What a message is about, and the marker that knows what was switched off of it alone."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# As before (0006), but a suppression of one topic stops messages about that alone; a message without a topic only what stops every topic.
_MARK = """
create or replace function mark_messages(subscriber_ids uuid[], message_ids uuid[], claim_ids uuid[], business_now timestamptz)
returns setof uuid language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(7310);
    if not exists (
        select from follower_state f
        where f.lease_until > clock_timestamp() + interval '2 s' and f.server_started_at = pg_postmaster_start_time())
       or exists (select from service_state where on_hold) then
        return;
    end if;
    return query
    update messages m set state = 'handing_over', marked_at = clock_timestamp()
    from unnest(subscriber_ids, message_ids, claim_ids) as k (subscriber_id, message_id, claim_id)
    join claims c on c.claim_id = k.claim_id and c.lease_until > clock_timestamp() + interval '2 s'
    where m.subscriber_id = k.subscriber_id and m.message_id = k.message_id and m.claim_id is not distinct from k.claim_id
      and m.state = 'claimed' and m.useful_until > business_now
      and (m.origin in ('privacy_case', 'opt_in') or not exists (
        select from suppressions s
        where s.address_key = m.address_key
          and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id)
          and (s.location_id is null or s.location_id = m.location_id)
          and (s.suppression_class = 'all' or m.message_class = 'commercial')
          and (s.topic is null or s.topic = m.topic)))
      and not exists (
        select from suppressions s
        where s.person_id = any (m.person_ids)
          and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id)
          and (s.location_id is null or s.location_id = m.location_id)
          and (s.suppression_class = 'all' or m.message_class = 'commercial')
          and (s.topic is null or s.topic = m.topic))
      and not exists (
        select from stops t
        where (t.scope, t.id) in (
            ('all', 'all'), ('subscriber', m.subscriber_id::text), ('campaign', coalesce(m.campaign_id::text, '-')))
          or (m.message_class = 'commercial' and (t.scope, t.id) in (
            ('commercial', m.subscriber_id::text), ('complaints', m.subscriber_id::text))))
    returning m.message_id;
end $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute("alter table messages add column topic text")
    op.execute("alter table suppressions add column topic text")
    op.execute(_MARK)
