"""Subscribers: taken in, edited, agreed, kept apart."""

from uuid import uuid4

from services.portal.api.examples import AGREEMENT_INPUT, SUBSCRIBER_INPUT
from shared.schemas.portal import SubscriberInput
from tests.portal.steps import Portal


def test_a_subscriber_has_exactly_the_fields_of_the_policy() -> None:
    """S-070: name, business name, address, phone and fax numbers and e-mail address; fax optional but present."""
    fields = SubscriberInput.model_fields
    assert set(fields) == {"name", "contact_name", "postal_address", "phone", "fax", "email"}
    assert not fields["fax"].is_required()


async def test_the_operator_lists_subscribers_page_by_page(portal: Portal) -> None:
    """Cursor pages; a cursor that is not ours is refused."""
    made = [await portal.subscriber(name=f"Practice {number}") for number in range(3)]
    seen: list[str] = []
    after: str | None = None
    for _ in range(3):
        page = await portal.call("GET", "/v1/subscribers", params={"limit": 2} | ({"after": after} if after else {}))
        seen += [row["subscriber_id"] for row in page.json()["items"]]
        after = page.json()["next"]
        if after is None:
            break
    assert seen == made
    for wrong in ("x", "W10", "WzFd", "WyJ4Il0"):
        answer = await portal.call("GET", "/v1/subscribers", params={"after": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unreadable")


async def test_only_the_operator_takes_in_subscribers(portal: Portal) -> None:
    """S1, S-008: an API client cannot, whatever its scopes."""
    subscriber_id = await portal.subscriber()
    client = await portal.headers_of(await portal.client(subscriber_id, scopes=["locations", "records"]))
    for method, path, body in (("POST", "/v1/subscribers", SUBSCRIBER_INPUT), ("GET", "/v1/subscribers", None)):
        answer = await portal.call(method, path, client, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_an_edit_needs_the_version_that_was_read(portal: Portal) -> None:
    """S-120: ETag and If-Match; effective at once."""
    path = f"/v1/subscribers/{await portal.subscriber()}"
    read = await portal.call("GET", path)
    tag = read.headers["etag"]
    change = {"phone": "+1 415 555 0199", "email": "New@Bright.example.com", "active": False, "version": 77}
    assert (await portal.call("PATCH", path, json=change)).status_code == 428
    edited = await portal.call("PATCH", path, portal.operator | {"If-Match": tag}, json=change)
    assert edited.status_code == 200, edited.text
    assert edited.json() == read.json() | {"phone": "+1 415 555 0199", "email": "New@bright.example.com"}
    assert edited.headers["etag"] != tag
    assert (await portal.call("GET", path)).json() == edited.json()
    stale = await portal.call("PATCH", path, portal.operator | {"If-Match": tag}, json=change)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")


async def test_a_foreign_subscriber_answers_like_an_unknown_one(portal: Portal) -> None:
    """S2: same status, same body, whatever is asked about it."""
    own, foreign = await portal.subscriber(), await portal.subscriber()
    client = await portal.headers_of(await portal.client(own, scopes=["locations"]))
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"phone": "1"}),
        ("POST", "/agreements", AGREEMENT_INPUT),
        ("GET", "/locations", None),
    ):
        answers = [
            await portal.call(method, f"/v1/subscribers/{which}{path}", client | {"If-Match": '"1"'}, json=body)
            for which in (foreign, uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert len({answer.json()["title"] for answer in answers}) == 1
    assert (await portal.call("GET", f"/v1/subscribers/{own}", client)).status_code == 200
    assert (await portal.call("GET", f"/v1/subscribers/{uuid4()}")).status_code == 404


async def test_an_acceptance_of_the_agreement_is_appended_and_shown(portal: Portal) -> None:
    """S-052: a numbered version, by a named person, per subscriber; earlier acceptances stay."""
    subscriber_id = await portal.subscriber()
    path = f"/v1/subscribers/{subscriber_id}/agreements"
    first = await portal.make(path, AGREEMENT_INPUT)
    second = await portal.make(path, {"version": "2026-02", "accepted_by": "Ada Jones"})
    assert (first["agreement_version"], second["agreement_version"]) == ("2026-01", "2026-02")
    assert second["agreement_accepted_at"] > first["agreement_accepted_at"]
    async with portal.opened.deps.worker_db.transaction() as connection:
        rows = (await connection.exec_driver_sql("select version from agreements order by accepted_at")).all()
    assert [row.version for row in rows] == ["2026-01", "2026-02"]


async def test_a_contact_person_is_not_readable_at_rest_nor_echoed(portal: Portal) -> None:
    """Architecture 5, S79: contact data is encrypted; a refusal names the field and not the value."""
    canary = "Zebulon Quartz"
    await portal.subscriber(contact_name=canary, email="zebulon.quartz@example.com")
    stored = (await portal.whole_database()).lower()
    for text in ("zebulon", b"zebulon".hex()):
        assert text not in stored
    refused = await portal.call("POST", "/v1/subscribers", json=SUBSCRIBER_INPUT | {"email": f"{canary} at home"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "email", "code": "address_invalid"}]
    assert canary not in refused.text


async def test_the_same_key_creates_once_and_another_body_under_it_is_refused(portal: Portal) -> None:
    """Idempotency-Key on every POST that creates."""
    keyed = portal.operator | {"Idempotency-Key": "first-of-may"}
    first = await portal.call("POST", "/v1/subscribers", keyed, json=SUBSCRIBER_INPUT)
    again = await portal.call("POST", "/v1/subscribers", keyed, json=SUBSCRIBER_INPUT)
    other = await portal.call("POST", "/v1/subscribers", keyed, json=SUBSCRIBER_INPUT | {"name": "Other"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await portal.call("GET", "/v1/subscribers")).json()["items"]) == 1


async def test_what_is_kept_for_a_repeat_shows_no_contact_data_and_still_answers_alike(portal: Portal) -> None:
    """S79: contact name, phone, fax and e-mail lie sealed in `idempotency`, also after an acceptance and an edit."""
    given = SUBSCRIBER_INPUT | {"contact_name": "Zebulon Quartz", "phone": "+1 415 555 0177", "fax": "+1 415 555 0178"}
    keyed = portal.operator | {"Idempotency-Key": "sealed"}
    first = await portal.call("POST", "/v1/subscribers", keyed, json=given)
    path = f"/v1/subscribers/{first.json()['subscriber_id']}"
    accepted = await portal.call("POST", f"{path}/agreements", keyed | {"Idempotency-Key": "yes"}, json=AGREEMENT_INPUT)
    assert (first.status_code, accepted.status_code) == (201, 201)
    stored = [line for line in (await portal.whole_database()).splitlines() if "sealed" in line or ",yes," in line]
    assert len(stored) == 2
    for value in (given["contact_name"], given["phone"], given["fax"], given["email"], AGREEMENT_INPUT["accepted_by"]):
        assert [line for line in stored if str(value).lower() in line.lower()] == []
    edited = await portal.call(
        "PATCH", path, portal.operator | {"If-Match": accepted.headers["etag"]}, json={"fax": "1"}
    )
    assert edited.status_code == 200, edited.text
    again = await portal.call("POST", "/v1/subscribers", keyed, json=given)
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    repeated = await portal.call("POST", f"{path}/agreements", keyed | {"Idempotency-Key": "yes"}, json=AGREEMENT_INPUT)
    assert (repeated.status_code, repeated.json()) == (201, accepted.json())


async def test_a_body_far_larger_than_any_record_is_not_read(portal: Portal) -> None:
    """S60: bodies are read before callers are known, so the limit is small and holds for strangers too."""
    answer = await portal.opened.http.post("/v1/subscribers", content=b"x" * (256 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
