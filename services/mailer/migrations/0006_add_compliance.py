"""What a mailbox list shows of a content, complaints per domain and day, and the marker that knows commercial stops and mail of our own."""

from alembic import op

from shared.migrations.policies import protect, role

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = """
alter table contents add column shown_fields text[];
create table complaint_days (
    subscriber_id uuid not null, domain text not null, day date not null, sent bigint not null default 0, complaints bigint not null default 0,
    constraint pk_complaint_days primary key (subscriber_id, domain, day));
create table complaint_pauses (
    subscriber_id uuid not null, domain text not null, paused_at timestamptz not null, released_at timestamptz, released_by text,
    constraint pk_complaint_pauses primary key (subscriber_id, domain, paused_at));
create index ix_reports_complaints on reports (reported_at) where kind = 'complaint';
"""

# As before, but for two things: a business's commercial class may be stopped (by a person: `commercial`, by complaints: `complaints`), and what a
# person asked for themselves (`privacy_case`, `opt_in`) passes over the suppressions of their address.
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
          and (s.suppression_class = 'all' or m.message_class = 'commercial')))
      and not exists (
        select from suppressions s
        where s.person_id = any (m.person_ids)
          and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id)
          and (s.location_id is null or s.location_id = m.location_id)
          and (s.suppression_class = 'all' or m.message_class = 'commercial'))
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
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_MARK)
    protect("mailer", "complaint_days", api=["select"], worker=["select", "insert", "update", "delete"])
    protect("mailer", "complaint_pauses", api=["select", "update"], worker=["select", "insert", "update"])
    op.execute(f"grant insert, delete on stops to {role('mailer', 'worker')}")
    # What optout asks for is accepted in the transaction that keeps the feed's cursor.
    for table in ("messages", "message_touches"):
        op.execute(f"grant insert on {table} to {role('mailer', 'worker')}")
