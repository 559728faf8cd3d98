"""Optout's wire of the register of disclosures to authorities: asked for, approved by two, released by the hash of what went out (S-110, S-111)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt

from shared.schemas.privacy_cases import CaseNote, HoldReason, Remark
from shared.schemas.wire import Instant, Line, Wire

Authority = Annotated[Line, Field(min_length=3, max_length=200, description="who demands it; no personal data")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="of the file as it was handed over")]


class DisclosureInput(Wire):
    """Asks for a disclosure. `scope` says of whom and what is demanded; it rests sealed. `subscriber_id` is the business concerned, if one."""

    reason: HoldReason
    authority: Authority
    reference: Annotated[Remark, Field(min_length=1)]
    scope: Annotated[CaseNote, Field(min_length=3)]
    subscriber_id: UUID | None = None


class ApprovalInput(Wire):
    """Approves a disclosure; `remark` says what was examined."""

    remark: Annotated[Remark, Field(min_length=3)]


class ReleaseInput(Wire):
    """Puts on record what was released."""

    sha256: Sha256
    octets: StrictInt = Field(ge=1, le=2**53)
    description: Annotated[Remark, Field(min_length=3)]


class Approval(Wire):
    """Somebody who examined and approved it."""

    approver: str
    remark: str
    approved_at: Instant


class Release(Wire):
    """What was released, when and by whom."""

    sha256: Sha256
    octets: StrictInt
    description: str
    released_by: str
    released_at: Instant


class Disclosure(Wire):
    """An entry of the register. Nothing of it is ever altered: what comes later is added."""

    disclosure_id: UUID
    state: Literal["requested", "approved", "released"]
    reason: HoldReason
    authority: str
    reference: str
    scope: str
    subscriber_id: UUID | None
    requested_by: str
    requested_at: Instant
    approvals: list[Approval]
    release: Release | None
