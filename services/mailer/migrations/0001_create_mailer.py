"""Contents, messages, claims, attempts, the mailer's own copy of suppressions, stops, and the marker as a function."""

from alembic import op

from shared.migrations.kit import create_kit_tables
from shared.migrations.policies import open_table, protect, role

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table contents (
    content_id uuid not null, subscriber_id uuid, slug text not null, language text not null, vertical text not null,
    message_class text not null, subject text not null, mjml text not null, html text not null, text text not null,
    fields text[] not null, findings jsonb not null, content_hash bytea not null, published_at timestamptz not null,
    constraint pk_contents primary key (content_id));
create table messages (
    subscriber_id uuid not null, message_id uuid not null, location_id uuid not null, campaign_id uuid, content_id uuid not null,
    origin text not null, message_class text not null, touch_ids uuid[] not null, person_ids uuid[] not null, address_key text not null,
    sealed bytea, state text not null default 'accepted', reason text, attempts integer not null default 0,
    due_at timestamptz not null, next_at timestamptz not null, useful_until timestamptz not null, recheck_after timestamptz not null,
    accepted_at timestamptz not null, claim_id uuid, marked_at timestamptz, final_at timestamptz, sha256 bytea,
    constraint pk_messages primary key (subscriber_id, message_id)) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index ix_messages_due on messages (next_at, message_id) where state in ('accepted', 'deferred');
create index ix_messages_claim_id on messages (claim_id) where claim_id is not null;
create index ix_messages_uncertain on messages (subscriber_id, final_at) where state = 'uncertain';
create index ix_messages_live on messages (address_key) where state in ('accepted', 'deferred', 'claimed', 'handing_over');
create table message_touches (
    subscriber_id uuid not null, touch_id uuid not null, message_id uuid not null, person_id uuid not null, live boolean not null default true,
    constraint pk_message_touches primary key (subscriber_id, touch_id, message_id));
create unique index uq_message_touches_live on message_touches (subscriber_id, touch_id) where live;
create index ix_message_touches_person_id on message_touches (person_id);
create table attempts (
    subscriber_id uuid not null, message_id uuid not null, attempt_id uuid not null, started_at timestamptz not null,
    finished_at timestamptz not null, phase text not null, reply_code integer, enhanced_code text, outcome text not null, reason text,
    constraint pk_attempts primary key (subscriber_id, message_id, attempt_id));
create table claims (
    claim_id uuid not null, worker_id uuid not null, lease_until timestamptz not null, constraint pk_claims primary key (claim_id));
create table suppressions (
    entry_id uuid not null, position bigint not null, subscriber_id uuid, location_id uuid, address_key text, person_id uuid,
    suppression_class text not null);
create unique index uq_suppressions_entry on suppressions (subscriber_id, entry_id) nulls not distinct;
create index ix_suppressions_address_key on suppressions (address_key) where address_key is not null;
create index ix_suppressions_person_id on suppressions (person_id) where person_id is not null;
create table follower_state (
    singleton boolean not null default true, holder uuid not null, server_started_at timestamptz not null, epoch uuid,
    received bigint not null default 0, safe bigint not null default 0, lease_until timestamptz,
    constraint pk_follower_state primary key (singleton));
create table stops (
    scope text not null, id text not null, stopped_at timestamptz not null, constraint pk_stops primary key (scope, id));
"""

# The shared lock excludes the suppression follower (exclusive) for the length of this one statement: without it both "not suppressed" here and
# "nothing in flight" there can pass under READ COMMITTED. Each statement of a volatile function has its own snapshot, taken after the lock.
_MARK = """
create function mark_messages(subscriber_ids uuid[], message_ids uuid[], claim_ids uuid[], business_now timestamptz)
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
      and not exists (
        select from suppressions s
        where s.address_key = m.address_key
          and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id)
          and (s.location_id is null or s.location_id = m.location_id)
          and (s.suppression_class = 'all' or m.message_class = 'commercial'))
      and not exists (
        select from suppressions s
        where s.person_id = any (m.person_ids)
          and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id)
          and (s.location_id is null or s.location_id = m.location_id)
          and (s.suppression_class = 'all' or m.message_class = 'commercial'))
      and not exists (
        select from stops t
        where (t.scope, t.id) in (
            ('all', 'all'), ('subscriber', m.subscriber_id::text), ('campaign', coalesce(m.campaign_id::text, '-'))))
    returning m.message_id;
end $$
"""


def upgrade() -> None:
    """Apply."""
    create_kit_tables("mailer")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_MARK)
    op.execute(f"grant execute on function mark_messages to {role('mailer', 'worker')}")
    protect("mailer", "messages", api=["select", "insert", "update"], worker=["select", "update"])
    protect("mailer", "message_touches", api=["select", "insert", "update"], worker=["select", "update"])
    protect("mailer", "attempts", api=["select"], worker=["select", "insert"])
    open_table("mailer", "contents", api=["select", "insert"], worker=["select"])
    open_table("mailer", "claims", api=[], worker=["select", "insert", "update", "delete"])
    open_table("mailer", "suppressions", api=["select"], worker=["select", "insert", "update", "delete"])
    open_table("mailer", "follower_state", api=["select"], worker=["select", "insert", "update"])
    open_table("mailer", "stops", api=["select", "insert", "update", "delete"], worker=["select"])
