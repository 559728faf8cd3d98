"""Facts of so many consumers put into the scheduler's tables at once, as its feed would have left them: for measuring, not for truth.

Even numbers are a dental practice's: two thirds have a recare date within half a year, a quarter an appointment ahead, a fifth a recommendation. Odd
ones are a shop's: a vehicle each with a pace, work done and, of a fifth, declined. Everybody has a visit in the last two years and a birthday.
"""

from typing import Final

_PEOPLE: Final = "from generate_series({first}, {last}) n cross join lateral (select md5('{owner}' || n)::uuid as person, n % 2 = 0 as is_dental) p"
_PLACE: Final = "case when p.is_dental then '{dental}'::uuid else '{auto}'::uuid end"

FILL: Final = (
    "insert into consumers (subscriber_id, consumer_id, location_id, status, address_key, recipient_id, language, historic, deleted, birth_month,"
    " birth_day, addressed_at) select '{owner}', p.person, " + _PLACE + ", 'active', '1.' || lpad(n::text, 9, '0'), p.person, 'en', true, false,"
    " 1 + n % 12, 1 + n % 28, now() - interval '1 year' " + _PEOPLE,
    "insert into visits (subscriber_id, visit_id, location_id, consumer_id, completed_at, total_cents, historic, deleted)"
    " select '{owner}', gen_random_uuid(), " + _PLACE + ", p.person, now() - (n % 700) * interval '1 day', 12900, n % 700 > 30, false " + _PEOPLE,
    "insert into appointments (subscriber_id, appointment_id, location_id, consumer_id, starts_at, minutes, status, booked_at, historic, deleted,"
    " status_at) select '{owner}', gen_random_uuid(), " + _PLACE + ", p.person, now() + (1 + n % 60) * interval '1 day', 45, 'booked',"
    " now() - interval '3 days', false, false, now() - interval '3 days' " + _PEOPLE + " where n % 4 = 1 or n % 8 = 2",
    "insert into recares (subscriber_id, recare_due_id, location_id, consumer_id, recare_kind, due_on, interval_days, status, historic, deleted)"
    " select '{owner}', gen_random_uuid(), '{dental}', p.person, 'prophylaxis', current_date + n % 180, 182, 'open', true, false "
    + _PEOPLE + " where p.is_dental and n % 3 > 0",
    "insert into recare_cycles select '{owner}', p.person, 'prophylaxis', current_date + n % 180, current_date + n % 180 "
    + _PEOPLE + " where p.is_dental and n % 3 > 0",
    "insert into service_lines (subscriber_id, service_line_id, location_id, consumer_id, service_kind, state, stated_at, historic, deleted)"
    " select '{owner}', gen_random_uuid(), '{dental}', p.person, 'crown', 'recommended', now() - (n % 20) * interval '1 day', false, false "
    + _PEOPLE + " where p.is_dental and n % 5 = 0",
    "insert into vehicles (subscriber_id, vehicle_id, location_id, consumer_id, registration_ends_on, status, historic, deleted, miles_a_day)"
    " select '{owner}', md5('car' || n)::uuid, '{auto}', p.person, current_date + n % 365, 'active', true, false, 10 + n % 60 "
    + _PEOPLE + " where not p.is_dental",
    "insert into service_lines (subscriber_id, service_line_id, location_id, consumer_id, vehicle_id, service_kind, state, stated_at, historic,"
    " deleted) select '{owner}', gen_random_uuid(), '{auto}', p.person, md5('car' || n)::uuid,"
    " 'oil_change', 'done', now() - (n % 300) * interval '1 day',"
    " true, false " + _PEOPLE + " where not p.is_dental",
    "insert into service_lines (subscriber_id, service_line_id, location_id, consumer_id, vehicle_id, service_kind, state, stated_at, historic,"
    " deleted) select '{owner}', gen_random_uuid(), '{auto}', p.person, md5('car' || n)::uuid,"
    " 'brake_pads', 'declined', now() - (n % 20) * interval '1 day',"
    " false, false " + _PEOPLE + " where not p.is_dental and n % 5 = 0",
)  # fmt: skip
