"""Sender domains through the API, against a DNS on loopback."""

from uuid import uuid4

import asyncpg
import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from services.mailer.domain.sealing import key_place
from tests.mailer.dkim.conftest import DOMAIN, Domains

PURPOSES = ("dkim", "dmarc", "bimi", "spf", "mx")


def by_purpose(page: dict[str, list[dict[str, str]]]) -> dict[str, set[str]]:
    """States of the records of a page."""
    found: dict[str, set[str]] = {}
    for record in page["records"]:
        found.setdefault(record["purpose"], set()).add(record["state"])
    return found


async def test_a_domain_tells_what_to_publish_and_what_was_found(domains: Domains) -> None:
    """L-050 to L-054: SPF, both keys, DMARC, MX for bounces, BIMI; checked in the background only."""
    page = await domains.add()
    assert page["state"] == "pending"
    assert by_purpose(page) == {purpose: {"unchecked"} for purpose in PURPOSES}
    keys = {record["name"]: record["value"] for record in page["records"] if record["purpose"] == "dkim"}
    assert all(name.endswith(f"._domainkey.{DOMAIN}") for name in keys)
    assert sorted(value[:20] for value in keys.values()) == ["v=DKIM1; k=ed25519; ", "v=DKIM1; k=rsa; p=MI"]
    assert domains.dns.asked == []
    page = await domains.check()
    assert by_purpose(page) == {purpose: {"missing"} for purpose in PURPOSES}
    domains.publish(page)
    page = await domains.check(minutes=2)
    assert page["state"] == "verified"
    assert by_purpose(page) == {purpose: {"found"} for purpose in PURPOSES}
    assert {key["state"] for key in page["keys"]} == {"active"}


async def test_a_repeat_changes_nothing(domains: Domains) -> None:
    """Registering again, in capitals, answers what stands."""
    page = await domains.add()
    assert await domains.add(DOMAIN.upper()) == page
    listed = await domains.call("GET")
    assert listed.json() == {"items": [page]}


async def test_a_lost_record_is_noticed_and_a_silent_dns_is_not_a_lost_record(domains: Domains) -> None:
    """L-054: daily check; an outage of the DNS changes nothing."""
    page = await domains.verified()
    domains.dns.is_broken = True
    page = await domains.check(days=1)
    assert page["state"] == "verified"
    assert "unknown" in by_purpose(page)["dmarc"]
    domains.dns.is_broken = False
    kept = dict(domains.dns.texts)
    domains.dns.texts.clear()
    assert (await domains.check(hours=1))["state"] == "verified"  # the keys were found last; next look in a day
    page = await domains.check(days=1)
    assert page["state"] == "lost"
    domains.dns.texts.update(kept)
    assert (await domains.check(minutes=2))["state"] == "verified"


async def test_keys_rotate_with_overlap(domains: Domains) -> None:
    """L-051: published and found before it signs; the old record stays; its private half is deleted in the end."""
    old = await domains.verified()
    answer = await domains.call("POST", f"/{DOMAIN}/rotate", json={})
    assert answer.status_code == 200
    assert (await domains.call("POST", f"/{DOMAIN}/rotate", json={})).json() == answer.json()
    page = await domains.check()
    assert sorted(key["state"] for key in page["keys"]) == ["active", "active", "pending", "pending"]
    domains.publish(page)
    page = await domains.check(minutes=2)
    assert sorted(key["state"] for key in page["keys"]) == ["active", "active", "retiring", "retiring"]
    retiring = {key["selector"] for key in page["keys"] if key["state"] == "retiring"}
    assert retiring == {key["selector"] for key in old["keys"]}
    page = await domains.check(days=7)
    assert len(page["keys"]) == 4
    page = await domains.check(days=2)
    assert sorted(key["state"] for key in page["keys"]) == ["active", "active"]
    assert page["state"] == "verified"


async def test_a_policy_of_the_parent_domain_counts(domains: Domains) -> None:
    """L-052, RFC 9989: the tree walk."""
    await domains.add()
    domains.dns.texts["_dmarc.example.com"] = ["v=DMARC1; p=reject"]
    assert by_purpose(await domains.check())["dmarc"] == {"found"}


async def test_a_sender_policy_with_too_many_lookups_is_wrong(domains: Domains) -> None:
    """L-050: those of includes count; a policy that includes itself ends the count."""
    await domains.add()
    domains.dns.texts["bounces.example.com"] = ["v=spf1 mx include:loop.example.com -all"]
    domains.dns.texts["loop.example.com"] = ["v=spf1 include:loop.example.com -all"]
    page = await domains.check()
    assert [record["detail"] for record in page["records"] if record["purpose"] == "spf"] == ["too_many_lookups"]


async def test_a_domain_belongs_to_its_subscriber(domains: Domains) -> None:
    """S2, S58: another subscriber sees nothing of it, and proves the same domain with keys of its own or not at all."""
    page, stranger = await domains.add(), uuid4()
    assert (await domains.call("GET", f"/{DOMAIN}", subscriber_id=stranger)).status_code == 404
    assert (await domains.call("POST", f"/{DOMAIN}/rotate", json={}, subscriber_id=stranger)).status_code == 404
    other = await domains.add(subscriber_id=stranger)
    assert not {key["selector"] for key in page["keys"]} & {key["selector"] for key in other["keys"]}
    domains.publish(page)
    await domains.check(minutes=2)
    assert (await domains.call("GET", f"/{DOMAIN}", subscriber_id=stranger)).json()["state"] == "pending"


@pytest.mark.parametrize(("domain", "status"), [("gmail.com", 409), ("local host", 422), ("192.0.2.1", 422)])
async def test_a_domain_nobody_can_align_with_is_refused(domains: Domains, domain: str, status: int) -> None:
    """L-053."""
    assert (await domains.call("POST", json={"domain": domain})).status_code == status


async def test_private_keys_are_sealed_to_their_row(domains: Domains) -> None:
    """S56, S80: readable by the mailer only, in their own row only."""
    page = await domains.add()
    connection = await asyncpg.connect(domains.mailer.database.superuser)
    rows = await connection.fetch("select selector, sealed from sender_keys")
    await connection.close()
    async with domains.mailer.deps.worker_db.transaction() as opened:
        cipher = await domains.mailer.deps.data_keys.cipher(opened, domains.subscriber_id)
    assert {row["selector"] for row in rows} == {key["selector"] for key in page["keys"]}
    for row in rows:
        plain = cipher.decrypt(row["sealed"], key_place(domains.subscriber_id, DOMAIN, row["selector"]))
        load_der_private_key(plain, None)
        assert plain[-32:] not in row["sealed"]
