"""Two subscribers with real things in each service, made through its own doors, so that an attack meets something to hurt."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.ingest.api.examples import CONNECTION_INPUT, NDJSON
from services.mailer.api.domain_examples import INPUT as DOMAIN_INPUT
from services.mailer.api.examples import CONTENT, MESSAGES
from services.optout.api.case_examples import HOLD_INPUT
from services.optout.api.disclosures import INPUT as DISCLOSURE
from services.portal.api.examples import CLIENT_INPUT, LOCATION_INPUT, OPERATOR_INPUT, SUBSCRIBER_INPUT
from services.scheduler.api.examples import CAMPAIGN_INPUT
from shared.schemas.token import OptoutToken
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import TOKEN_KEYS, Neighbours, OpenService, service_headers
from tests.fixtures.webhooks import Amazon
from tests.house.attacks import World
from tests.house.doors import with_ids

Ids = dict[str, str]


async def build_world(neighbours: Neighbours, opened: OpenService) -> World:
    """Return two subscribers as this service knows them."""
    own, foreign = [await _ONE[opened.name](neighbours, opened) for _ in range(2)]
    return World(own["subscriber_id"], own, foreign, "ingest records" if opened.name == "portal" else "")


async def _make(opened: OpenService, method: str, path: str, headers: dict[str, str], **request: Any) -> Any:
    answer = await opened.http.request(method, path, headers=headers, **request)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json()


async def _in_directory(neighbours: Neighbours, *services: str) -> Ids:
    subscriber = build_subscriber()
    location = build_location(subscriber.subscriber_id)
    ids = {"subscriber_id": str(subscriber.subscriber_id), "location_id": str(location.location_id)}
    for service in services:
        owner = subscriber.subscriber_id
        await neighbours.push(service, "subscriber", ids["subscriber_id"], subscriber, subscriber_id=owner)
        await neighbours.push(service, "location", ids["location_id"], location, subscriber_id=owner)
    return ids


def _client(neighbours: Neighbours, ids: Ids, scopes: str) -> dict[str, str]:
    return neighbours.client_headers(subscriber_id=UUID(ids["subscriber_id"]), scopes=scopes)


async def _in_portal(neighbours: Neighbours, opened: OpenService) -> Ids:
    operator = neighbours.client_headers(subscriber_id=None, scopes="operator locations clients")
    made = await _make(opened, "POST", "/v1/subscribers", operator, json=SUBSCRIBER_INPUT)
    below = f"/v1/subscribers/{made['subscriber_id']}"
    location = await _make(opened, "POST", f"{below}/locations", operator, json=LOCATION_INPUT)
    client = await _make(opened, "POST", f"{below}/clients", operator, json=CLIENT_INPUT)
    further = await _make(opened, "POST", "/v1/operators", operator, json=OPERATOR_INPUT)
    for below_us in ("optout", "ingest", "scheduler", "mailer"):
        await neighbours.open(below_us)
    return {
        "case_id": await _proven_case(neighbours, made["subscriber_id"]),
        "subscriber_id": made["subscriber_id"],
        "location_id": location["location_id"],
        "client_id": client["client_id"],
        "operator_id": further["client_id"],
        "client_secret": client["client_secret"],
        "name": "portal",
    }


async def _proven_case(neighbours: Neighbours, subscriber_id: str) -> str:
    """An access case at optout that was proven."""
    optout = neighbours.opened["optout"]
    staff = _client(neighbours, {"subscriber_id": subscriber_id}, "privacy")
    case = {"kind": "access", "address": "cleo@example.com"}
    made = await _make(optout, "POST", "/v1/privacy-cases", staff, json=case)
    await _by_hand(
        optout, "update privacy_cases set state = 'proven', proven_at = now() where case_id = $1", made["case_id"]
    )
    return str(made["case_id"])


async def _uploaded(neighbours: Neighbours, opened: OpenService, ids: Ids) -> Ids:
    """A connection, a batch and its consumer in ingest."""
    client = _client(neighbours, ids, "ingest records")
    body = with_ids(CONNECTION_INPUT, ids)
    connection_id = (await _make(opened, "POST", "/v1/connections", client, json=body))["connection_id"]
    params = {"connection_id": connection_id, "batch_id": str(uuid4())}
    typed = client | {"content-type": "application/x-ndjson"}
    await _make(opened, "POST", "/v1/batches", typed, params=params, content=NDJSON.encode())
    params["foreign_id"] = "P-1001"
    found = await _make(opened, "GET", "/v1/consumers", client, params=params)
    return ids | params | {"consumer_id": found["items"][0]["consumer_id"]}


async def _in_ingest(neighbours: Neighbours, opened: OpenService) -> Ids:
    ids = await _uploaded(neighbours, opened, await _in_directory(neighbours, opened.name))
    snapshot = {"connection_id": ids["connection_id"], "mode": "snapshot", "entity": "visit"} | {
        "batch_id": str(uuid4())
    }
    typed = _client(neighbours, ids, "ingest") | {"content-type": "application/x-ndjson"}
    waits = await _make(opened, "POST", "/v1/batches", typed, params=snapshot, content=b"")
    desk = _client(neighbours, ids, "records")
    person = {"location_id": ids["location_id"], "first_name": "Cy"}
    people = [(await _make(opened, "POST", "/v1/consumers", desk, json=person))["consumer_id"] for _ in range(2)]
    bridge = _client(neighbours, ids, "ingest")
    claimed = await _claimed(opened, ids, bridge)
    secret, edits = f"/v1/connections/{ids['connection_id']}/webhook-secret", bridge | {"if-match": '"1"'}
    push = await _make(opened, "POST", secret, edits, json={})
    claimed["webhook_secret"] = push["secret"]
    return ids | claimed | {"snapshot_id": waits["batch_id"], "merged_id": people[0], "into_id": people[1]}


async def _claimed(opened: OpenService, ids: Ids, client: dict[str, str]) -> Ids:
    """A confirmed booking that a connector has claimed."""
    connection = await asyncpg.connect(opened.database.superuser)
    try:
        owner = UUID(ids["subscriber_id"])
        (row,) = await connection.fetch("select id, starts_at from appointments where subscriber_id = $1", owner)
    finally:
        await connection.close()
    booking = {
        "confirmation_id": str(uuid4()),
        "appointment_id": str(row["id"]),
        "starts_at": row["starts_at"].isoformat(),
    }
    body = {"subscriber_id": str(owner), "confirmations": [booking | {"confirmed_at": "2026-03-02T08:00:00Z"}]}
    await _make(opened, "POST", "/v1/confirmations", service_headers("scheduler", opened.name), json=body)
    wanted = {"connection_id": ids["connection_id"]}
    offered = await _make(opened, "POST", "/v1/write-backs/claims", client, json=wanted)
    (item,) = offered["items"]
    return {"write_back_id": item["write_back_id"], "claim_id": item["claim_id"]}


async def _in_scheduler(neighbours: Neighbours, opened: OpenService) -> Ids:
    ingest, *_ = [await neighbours.open(name) for name in ("ingest", "mailer", "optout")]
    ids = await _uploaded(neighbours, ingest, await _in_directory(neighbours, "ingest", "scheduler", "mailer"))
    client = _client(neighbours, ids, "campaigns")
    letter = {"words": {"headline": "News", "text": "We are here."}, "send_on": "2026-03-20"}
    other = CAMPAIGN_INPUT | {"type": "newsletter", "settings": letter}
    campaign = await _make(opened, "POST", "/v1/campaigns", client, json=with_ids(other, ids))
    await opened.step("follow_ingest")
    await opened.step("publish_contents")
    await _have_compared(opened, campaign["campaign_id"])
    await _have_slow_week(opened, ids["location_id"])
    return ids | {"campaign_id": campaign["campaign_id"]}


async def _have_compared(opened: OpenService, campaign_id: str) -> None:
    """The campaign compares two variants, for which one consumer is too few, and has done so once."""
    rule = '{"share_percent": 50, "wait_days": 14, "b": {"words": {"headline": "Other news", "text": "We are here."}}}'
    compared = f"update campaigns set settings = settings || jsonb_build_object('comparison', '{rule}'::jsonb) where campaign_id = $1"
    await _by_hand(opened, compared, campaign_id)
    decided = (
        "insert into comparisons select subscriber_id, campaign_id, 'issue@2026-03-04', location_id, 1, '2026-03-18', now(), 'a', "
        "'no_difference', 20, 1, 20, 2, 0.05, -0.14, 0.25 from campaigns where campaign_id = $1"
    )
    await _by_hand(opened, decided, campaign_id)


async def _have_slow_week(opened: OpenService, location_id: str) -> None:
    """Next week looks quiet there."""
    slow = (
        "insert into slow_weeks select subscriber_id, location_id, '2026-03-09', 21, 34.3, 'years', 3, true, now(), now(), null, null "
        "from campaigns where location_id = $1 limit 1"
    )
    await _by_hand(opened, slow, location_id)


async def _in_mailer(neighbours: Neighbours, opened: OpenService) -> Ids:
    ids = await _in_directory(neighbours, opened.name) | {"content_id": str(uuid4()), "message_id": str(uuid4())}
    scheduler = service_headers("scheduler", opened.name)
    await _make(opened, "PUT", f"/v1/contents/{ids['content_id']}", scheduler, json=with_ids(CONTENT, ids))
    await _make(opened, "POST", "/v1/messages", scheduler, json=with_ids(MESSAGES, ids))
    await opened.step("keep_platform")
    await _make(opened, "POST", "/v1/sender-domains", _client(neighbours, ids, "locations"), json=DOMAIN_INPUT)
    operator, route = _client(neighbours, ids, "operator"), "/v1/routes/default"
    read = await opened.http.get(route, headers=operator)
    await _make(opened, "PUT", route, operator | {"If-Match": read.headers["etag"]}, json={"weight": 2})
    opened.deps.transports["sns"] = Amazon().transport
    await _leave_uncertain(opened, ids["message_id"])
    return ids


async def _leave_uncertain(opened: OpenService, message_id: str) -> None:
    """A relay has left this message unanswered, so that there is a doubt to settle."""
    await _by_hand(opened, "update messages set state = 'uncertain' where message_id = $1", message_id)


async def _by_hand(opened: OpenService, statement: str, thing_id: str) -> None:
    """Bring about what takes a relay or a mailbox."""
    connection = await asyncpg.connect(opened.database.superuser)
    try:
        await connection.execute(statement, UUID(thing_id))
    finally:
        await connection.close()


async def _in_optout(neighbours: Neighbours, opened: OpenService) -> Ids:
    ids = await _in_directory(neighbours, opened.name)
    link = OptoutToken(
        subscriber_id=UUID(ids["subscriber_id"]),
        location_id=UUID(ids["location_id"]),
        message_id=uuid4(),
        message_class="commercial",
        address_key="1." + "A" * 22,
        hint="a***@e***.com",
    )
    made = await opened.http.post(
        "/v1/suppressions/exports", headers=_client(neighbours, ids, "optouts"), json={"purpose": "another provider"}
    )
    head = json.loads(made.text.partition("\n")[0])
    ids |= {"token": TOKEN_KEYS.seal(link), "export_id": head["export"]["export_id"]}
    return ids | await _with_cases(neighbours, opened, ids)


async def _with_cases(neighbours: Neighbours, opened: OpenService, ids: Ids) -> Ids:
    """A case that waits for its proof, one that was proven, a legal hold, and a disclosure that two people have approved."""
    case = {"kind": "access", "address": "bob@example.com", "location_id": ids["location_id"]}
    staff = _client(neighbours, ids, "privacy")
    operator = neighbours.client_headers(subscriber_id=None, scopes="operator")
    opened_case = await _make(opened, "POST", "/v1/privacy-cases", staff, json=case)
    hold = await _make(opened, "POST", "/v1/legal-holds", operator, json=HOLD_INPUT)
    entry = await _make(opened, "POST", "/v1/disclosures", operator, json=DISCLOSURE)
    for _ in range(2):
        approver = neighbours.client_headers(subscriber_id=None, scopes="operator")
        path = f"/v1/disclosures/{entry['disclosure_id']}/approvals"
        await _make(opened, "POST", path, approver, json={"remark": "examined"})
    return {
        "case_id": opened_case["case_id"],
        "hold_id": hold["hold_id"],
        "disclosure_id": entry["disclosure_id"],
        "proven_case_id": await _proven_case(neighbours, ids["subscriber_id"]),
    }


_ONE = {
    "portal": _in_portal,
    "ingest": _in_ingest,
    "scheduler": _in_scheduler,
    "mailer": _in_mailer,
    "optout": _in_optout,
}
