"""Fair claims over subscribers and campaigns; routes and their shares; paces; the key a message is paced by."""

from alembic import op

from shared.migrations.policies import Verb, open_table, role

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
alter table messages add column pace_key text not null default '';
create index ix_messages_waiting on messages (subscriber_id, campaign_id, next_at, message_id) where state in ('accepted', 'deferred');
create table routes (
    name text not null, sealed bytea, weight integer not null, priority integer not null, max_connections integer, state text not null,
    changed_at timestamptz not null, constraint pk_routes primary key (name));
create table route_shares (
    route text not null, worker_id uuid not null, granted integer not null, open integer not null,
    reason text, lease_until timestamptz not null, constraint pk_route_shares primary key (route, worker_id));
create table paces (
    kind text not null, key text not null, per_second double precision, per_hour integer, per_day integer,
    ramps boolean not null default false, ramp_from timestamptz,
    rate double precision, peak double precision, slowed_at timestamptz, tokens double precision not null default 0, refilled_at timestamptz,
    booked_until timestamptz,
    hour_at timestamptz, hour_used integer not null default 0, day_at timestamptz, day_used integer not null default 0,
    constraint pk_paces primary key (kind, key));
"""

# Where no more is due than one claim takes, nobody can wait behind anybody: it is taken as it fell due. Else the subscribers with due mail are walked
# in a ring that starts behind the one served last; each gets the same share of the claim, and within it its campaigns take turns. Stops are looked
# at once a campaign (its messages are of one class, so its head tells), so that a paused million costs one look.
# SKIP LOCKED lets any number of workers claim side by side.
_PICK = """
create function pick_due(business_now timestamptz, after_subscriber uuid, most integer, most_subscribers integer)
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

# A function of its own because of its settings: with the statistics of a table that has just been filled the planner reads the whole of it.
_CLAIM = """
create function claim_due(business_now timestamptz, after_subscriber uuid, most integer, most_subscribers integer, claim uuid)
returns setof messages language plpgsql volatile rows 500 set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    return query
    update messages m set state = 'claimed', claim_id = claim
    from pick_due(business_now, after_subscriber, most, most_subscribers) due
    where m.subscriber_id = due.subscriber_id and m.message_id = due.message_id
    returning m.*;
end $$
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_PICK)
    op.execute(_CLAIM)
    for function in ("pick_due", "claim_due"):
        op.execute(f"grant execute on function {function} to {role('mailer', 'worker')}")
    open_table("mailer", "routes", api=["select", "insert", "update", "delete"], worker=["select"])
    open_table("mailer", "route_shares", api=["select"], worker=["select", "insert", "update", "delete"])
    everything: list[Verb] = ["select", "insert", "update", "delete"]
    open_table("mailer", "paces", api=everything, worker=everything)
