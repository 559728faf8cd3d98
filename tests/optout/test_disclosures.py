"""The register of disclosures to authorities: two people approve, neither asked for it, and what is written stays written."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.optout.cases import operator, staff
from tests.optout.conftest import Clinic

DEMAND = {
    "reason": "court_order",
    "authority": "Superior Court",
    "reference": "26-114",
    "scope": "Mail to ann@example.com in May",
}
FILE = {"sha256": "ab" * 32, "octets": 10, "description": "one file"}


async def _post(clinic: Clinic, path: str, body: dict[str, Any], by: dict[str, str]) -> Any:
    return await clinic.service.http.post(f"/v1/disclosures{path}", json=body, headers=by)


async def test_nothing_is_released_without_two_other_people(clinic: Clinic) -> None:
    """S-110, S-111: refused with none and with one approval, and the requester's own counts for nothing; then once, by its hash."""
    requester, first, second = [operator(clinic, client_id=uuid4()) for _ in range(3)]
    asked = await _post(clinic, "", DEMAND, requester)
    assert asked.status_code == 201, asked.text
    path = f"/{asked.json()['disclosure_id']}"
    codes = []
    for step, by, body in (
        ("/release", requester, FILE),
        ("/approvals", requester, {"remark": "mine"}),
        ("/approvals", first, {"remark": "examined"}),
        ("/approvals", first, {"remark": "again"}),
        ("/release", first, FILE),
        ("/approvals", second, {"remark": "examined"}),
    ):
        answer = await _post(clinic, path + step, body, by)
        codes.append(answer.json().get("code", answer.json().get("state")))
    assert codes == [
        *(
            "approvals_missing",
            "approver_is_requester",
            "requested",
            "approved_already",
            "approvals_missing",
            "approved",
        ),
    ]
    both = await asyncio.gather(*(_post(clinic, f"{path}/release", FILE, requester) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    late = await _post(clinic, f"{path}/approvals", {"remark": "late"}, operator(clinic, client_id=uuid4()))
    assert late.json()["code"] == "released_already"
    shown = (await clinic.service.http.get(f"/v1/disclosures{path}", headers=first)).json()
    assert (shown["state"], shown["release"]["sha256"], len(shown["approvals"])) == ("released", FILE["sha256"], 2)
    assert shown["scope"] == DEMAND["scope"]
    listed = (await clinic.service.http.get("/v1/disclosures", headers=second)).json()
    assert listed["items"] == [shown]


async def test_a_reason_that_is_none_of_the_four_and_a_caller_who_is_no_operator_are_refused(clinic: Clinic) -> None:
    """S-111, S1: the reason is exactly one of these; no business reads the register."""
    other = await _post(clinic, "", DEMAND | {"reason": "curiosity"}, operator(clinic))
    assert other.status_code == 422
    assert (await _post(clinic, "", DEMAND, staff(clinic))).status_code == 403
    unknown = await _post(clinic, f"/{uuid4()}/approvals", {"remark": "examined"}, operator(clinic))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "disclosure_unknown")


async def test_the_register_can_only_grow(clinic: Clinic) -> None:
    """S-110: no role of the service may alter or delete; the database itself refuses the requester as approver; the scope rests sealed."""
    requester = uuid4()
    asked = await _post(clinic, "", DEMAND, operator(clinic, client_id=requester))
    disclosure_id = asked.json()["disclosure_id"]
    for url in (clinic.service.database.api, clinic.service.database.worker):
        role = await asyncpg.connect(url)
        for table in ("disclosures", "disclosure_approvals", "disclosure_releases"):
            for statement in (f"delete from {table}", f"update {table} set disclosure_id = null", f"truncate {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await role.execute(statement)
        await role.close()
    superuser = await asyncpg.connect(clinic.service.database.superuser)
    with pytest.raises(asyncpg.CheckViolationError):
        await superuser.execute(
            "insert into disclosure_approvals select subscriber_id, disclosure_id, requested_by, requested_by, '', now() "
            "from disclosures where disclosure_id = $1",
            disclosure_id,
        )
    assert "ann@" not in await superuser.fetchval("select string_agg(t::text, ' ') from disclosures t")
    await superuser.close()
