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

# As before, but for the mail of a business whose commercial class is stopped. The messages of a campaign are of one class, so its head tells.
_PICK = """
create or replace function pick_due(business_now timestamptz, after_subscriber uuid, most integer, most_subscribers integer)
returns table (subscriber_id uuid, message_id uuid) language plpgsql volatile rows 500 as $$
#variable_conflict use_column
declare
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    one uuid := after_subscriber;
    campaign uuid;
    head timestamptz;
    subscribers uuid[] := '{}';
    campaigns uuid[] := '{}';
    served integer := 0;
    has_due boolean;
    is_commercial boolean;
    quiet text[];
    walked integer;
    is_second_round boolean := after_subscriber = nobody;
    share integer;
begin
    if exists (select from stops t where t.scope = 'all') then
        return;
    end if;
    quiet := array(select t.id from stops t where t.scope in ('commercial', 'complaints'));
    if (select count(*) from (
            select from messages m where m.state in ('accepted', 'deferred') and m.next_at <= business_now
            order by m.next_at, m.message_id limit most + 1) d) <= most then
        return query
        select m.subscriber_id, m.message_id from messages m
        where m.state in ('accepted', 'deferred') and m.next_at <= business_now
          and not exists (select from stops t where (t.scope, t.id) in (
            ('subscriber', m.subscriber_id::text), ('campaign', coalesce(m.campaign_id::text, '-'))))
          and not (m.message_class = 'commercial' and m.subscriber_id::text = any (quiet))
        order by m.next_at, m.message_id limit most for update skip locked;
        return;
    end if;
    while served < most_subscribers loop
        select m.subscriber_id into one from messages m
        where m.state in ('accepted', 'deferred') and m.subscriber_id > one order by m.subscriber_id limit 1;
        if one is null or (is_second_round and after_subscriber <> nobody and one > after_subscriber) then
            exit when is_second_round;
            is_second_round := true;
            one := nobody;
            continue;
        end if;
        continue when exists (select from stops t where t.scope = 'subscriber' and t.id = one::text);
        has_due := false;
        walked := 0;
        campaign := nobody;
        loop
            select m.campaign_id, m.next_at, m.message_class = 'commercial' into campaign, head, is_commercial from messages m
            where m.state in ('accepted', 'deferred') and m.subscriber_id = one and m.campaign_id > campaign
            order by m.campaign_id, m.next_at limit 1;
            exit when campaign is null;
            if head <= business_now and not exists (select from stops t where t.scope = 'campaign' and t.id = campaign::text)
                    and not (is_commercial and one::text = any (quiet)) then
                subscribers := subscribers || one;
                campaigns := campaigns || campaign;
                has_due := true;
            end if;
            walked := walked + 1;
            exit when walked >= 64;
        end loop;
        if exists (select from messages m where m.state in ('accepted', 'deferred') and m.subscriber_id = one
                and m.campaign_id is null and m.next_at <= business_now
                and not (m.message_class = 'commercial' and one::text = any (quiet))) then
            subscribers := subscribers || one;
            campaigns := campaigns || nobody;
            has_due := true;
        end if;
        served := served + has_due::integer;
    end loop;
    share := ceil(most::numeric / greatest(served, 1));
    return query
    with heads as (
        select u.subscriber_id, h.message_id, h.next_at, row_number() over (partition by u.n order by h.next_at, h.message_id) as turn
        from unnest(subscribers, campaigns) with ordinality as u (subscriber_id, campaign_id, n)
        cross join lateral (
            select m.message_id, m.next_at from messages m
            where m.state in ('accepted', 'deferred') and m.subscriber_id = u.subscriber_id and m.campaign_id = u.campaign_id
              and m.next_at <= business_now and not (m.message_class = 'commercial' and u.subscriber_id::text = any (quiet))
            order by m.next_at, m.message_id limit share for update skip locked) h
        union all
        select u.subscriber_id, h.message_id, h.next_at, row_number() over (partition by u.n order by h.next_at, h.message_id)
        from unnest(subscribers, campaigns) with ordinality as u (subscriber_id, campaign_id, n)
        cross join lateral (
            select m.message_id, m.next_at from messages m
            where m.state in ('accepted', 'deferred') and m.subscriber_id = u.subscriber_id and m.campaign_id is null
              and m.next_at <= business_now and not (m.message_class = 'commercial' and u.subscriber_id::text = any (quiet))
            order by m.next_at, m.message_id limit share for update skip locked) h
        where u.campaign_id = nobody),
    places as (
        select h.subscriber_id, h.message_id, row_number() over (partition by h.subscriber_id order by h.turn, h.next_at) as place from heads h)
    select p.subscriber_id, p.message_id from places p where p.place <= share order by p.place limit most;
end $$
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_MARK)
    op.execute(_PICK)
    protect("mailer", "complaint_days", api=["select"], worker=["select", "insert", "update", "delete"])
    protect("mailer", "complaint_pauses", api=["select", "update"], worker=["select", "insert", "update"])
    op.execute(f"grant insert, delete on stops to {role('mailer', 'worker')}")
    # What optout asks for is accepted in the transaction that keeps the feed's cursor.
    for table in ("messages", "message_touches"):
        op.execute(f"grant insert on {table} to {role('mailer', 'worker')}")
