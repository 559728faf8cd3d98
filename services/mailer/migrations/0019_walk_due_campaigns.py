"""A claim is not held up by campaigns of which nothing is due."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# pick_due is 0004's, with 0008's words for its indexes, and another end of the walk over a business's campaigns: it goes over all of them, and of
# more than 64 with something due takes those whose oldest message has waited longest. Before, the first 64 by id were looked at, due or not.
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
    is_commercial boolean;
    quiet text[];
    own uuid[];
    waiting timestamptz[];
    is_second_round boolean := after_subscriber = nobody;
    share integer;
begin
    if exists (select from stops t where t.scope = 'all') then
        return;
    end if;
    quiet := array(select t.id from stops t where t.scope in ('commercial', 'complaints'));
    if (select count(*) from (
            select from messages m where m.stage in ('accepted', 'deferred') and m.next_at <= business_now
            order by m.next_at, m.message_id limit most + 1) d) <= most then
        return query
        select m.subscriber_id, m.message_id from messages m
        where m.stage in ('accepted', 'deferred') and m.next_at <= business_now
          and not exists (select from stops t where (t.scope, t.id) in (
            ('subscriber', m.subscriber_id::text), ('campaign', coalesce(m.campaign_id::text, '-'))))
          and not (m.message_class = 'commercial' and m.subscriber_id::text = any (quiet))
        order by m.next_at, m.message_id limit most for update skip locked;
        return;
    end if;
    while served < most_subscribers loop
        select m.subscriber_id into one from messages m
        where m.stage in ('accepted', 'deferred') and m.subscriber_id > one order by m.subscriber_id limit 1;
        if one is null or (is_second_round and after_subscriber <> nobody and one > after_subscriber) then
            exit when is_second_round;
            is_second_round := true;
            one := nobody;
            continue;
        end if;
        continue when exists (select from stops t where t.scope = 'subscriber' and t.id = one::text);
        own := '{}';
        waiting := '{}';
        campaign := nobody;
        loop
            select m.campaign_id, m.next_at, m.message_class = 'commercial' into campaign, head, is_commercial from messages m
            where m.stage in ('accepted', 'deferred') and m.subscriber_id = one and m.campaign_id > campaign
            order by m.campaign_id, m.next_at limit 1;
            exit when campaign is null;
            if head <= business_now and not exists (select from stops t where t.scope = 'campaign' and t.id = campaign::text)
                    and not (is_commercial and one::text = any (quiet)) then
                own := own || campaign;
                waiting := waiting || head;
            end if;
        end loop;
        if cardinality(own) > 64 then
            own := array(select u.c from unnest(own, waiting) as u (c, h) order by u.h, u.c limit 64);
        end if;
        if exists (select from messages m where m.stage in ('accepted', 'deferred') and m.subscriber_id = one
                and m.campaign_id is null and m.next_at <= business_now
                and not (m.message_class = 'commercial' and one::text = any (quiet))) then
            own := own || nobody;
        end if;
        subscribers := subscribers || array_fill(one, array[cardinality(own)]);
        campaigns := campaigns || own;
        served := served + (own <> '{}')::integer;
    end loop;
    share := ceil(most::numeric / greatest(served, 1));
    return query
    with heads as (
        select u.subscriber_id, h.message_id, h.next_at, row_number() over (partition by u.n order by h.next_at, h.message_id) as turn
        from unnest(subscribers, campaigns) with ordinality as u (subscriber_id, campaign_id, n)
        cross join lateral (
            select m.message_id, m.next_at from messages m
            where m.stage in ('accepted', 'deferred') and m.subscriber_id = u.subscriber_id and m.campaign_id = u.campaign_id
              and m.next_at <= business_now and not (m.message_class = 'commercial' and u.subscriber_id::text = any (quiet))
            order by m.next_at, m.message_id limit share for update skip locked) h
        union all
        select u.subscriber_id, h.message_id, h.next_at, row_number() over (partition by u.n order by h.next_at, h.message_id)
        from unnest(subscribers, campaigns) with ordinality as u (subscriber_id, campaign_id, n)
        cross join lateral (
            select m.message_id, m.next_at from messages m
            where m.stage in ('accepted', 'deferred') and m.subscriber_id = u.subscriber_id and m.campaign_id is null
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
    op.execute(_PICK)
