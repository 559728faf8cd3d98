"""What the ledger holds, as frozen values, because permission, hashing and spooling must all speak of the same entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from shared.kit.errors import NotFoundError, Problem
from shared.schemas.optout import Basis, BounceClass, Scope, SuppressionClass
from shared.schemas.topics import Topic

Kind = Literal["consent", "optout", "lift", "bounce", "complaint", "erasure"]
"""`consent` permits; `optout` and `erasure` (the tombstone of a person whose data was erased) deny; `lift` ends such a denial; `bounce` and
`complaint` are facts about reaching an address, which permission never looks at."""

STOPS: Final = frozenset({"optout", "erasure"})
"""Kinds that deny, whatever was consented before or after."""

OWN_ACTS: Final = frozenset({"undo", "signup", "preferences"})
"""Channels of lifts: a person's own later act, with its evidence (I9, L-015). The database refuses a lift that came any other way."""

PLATFORM: Final = UUID(int=0)
"""The chain of entries that belong to no subscriber: platform scope (S-035). On the wire it reads null."""

GENESIS: Final = bytes(32)
"""The previous hash of a chain's first entry."""


class OptoutWithoutTargetError(Problem):
    """An opt-out that names neither an address nor a person stops nobody."""

    status, code, title = 422, "optout_without_target", "An opt-out names an address_key or a person_id."


class AddressUnfitError(Problem):
    """Mail is asked for an address that is none, or not in its canonical form (S47)."""

    status, code, title = 422, "address_not_canonical", "The address is not a canonical e-mail address."


class AddressNeededError(Problem):
    """A question about an address names it once: in plain or by its key."""

    status, code, title = 422, "address_needed", "Name either address or address_key."


class MailTooFarAheadError(Problem):
    """A mail that was asked for would rest sealed for longer than anybody waits for it: the address is kept no longer than needed (S-059)."""

    status, code, title = 422, "useful_until_too_far", "The mail would have to be kept for longer than 30 days."


class LocationNeededError(Problem):
    """Location scope without a location stops nothing."""

    status, code, title = 422, "location_needed", "An opt-out of location scope names its location_id."


class LocationUnknownError(NotFoundError):
    """No such location of this subscriber."""

    code, title = "location_unknown", "There is no such location."


class TopicNeedsEveryClassError(Problem):
    """A topic is switched off whatever the class of its mail: half of a topic would be a promise nobody understands."""

    status, code, title = 422, "topic_needs_every_class", "An opt-out of a topic has the suppression_class all."


class ScopeNotAllowedError(Problem):
    """Only the consumer stops other businesses' mail."""

    status, code, title = 403, "scope_not_allowed", "Only the consumer can opt out of the whole platform."


class ChannelNotYoursError(Problem):
    """Who reports an opt-out says how it came, and may say so of its own ways only: evidence is not to be made up."""

    status, code, title = 403, "channel_not_yours", "This caller does not report opt-outs of that channel."


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to append. `channel` is the way it came (a consent's source), `evidence` points to what proves it (S-022).

    `wording` is what the person was shown when they agreed, `bounce_class` how a bounce was classed (RFC 3464), `topic` what an opt-out or a lift
    is about alone (None: every topic).

    `by_consumer` marks the consumer's own click: said again after a lift it counts again, while a source that repeats an old flag does not.
    """

    subscriber_id: UUID
    entry_id: UUID
    kind: Kind
    channel: str
    evidence: str
    occurred_at: datetime
    location_id: UUID | None = None
    address_key: str | None = None
    person_id: UUID | None = None
    basis: Basis | None = None
    scope: Scope | None = None
    suppression_class: SuppressionClass | None = None
    topic: Topic | None = None
    policy_version: str | None = None
    valid_until: datetime | None = None
    wording: str | None = None
    bounce_class: BounceClass | None = None
    by_consumer: bool = False

    @property
    def restricts(self) -> bool:
        """Tell whether losing this entry could send mail that must not go: then it is journaled outside the database as well (I20)."""
        return self.kind in STOPS

    @property
    def place(self) -> tuple[object, ...]:
        """What an opt-out, a tombstone or a lift speaks of: a lift ends the earlier denials of its own place and no others."""
        location_id = self.location_id if self.scope == "location" else None
        mail = (self.suppression_class, self.topic)
        return self.subscriber_id, self.scope, location_id, *mail, self.address_key, self.person_id


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry on file: what was appended, its place in the chain and the hashes that make altering it visible."""

    entry: NewEntry
    chain_position: int
    recorded_at: datetime
    previous_hash: bytes
    hash: bytes


def require_target(entry: NewEntry) -> None:
    """Refuse an opt-out that would stop nobody, a location's without its location, or half a topic's."""
    if entry.address_key is None and entry.person_id is None:
        raise OptoutWithoutTargetError
    if entry.scope == "location" and entry.location_id is None:
        raise LocationNeededError
    if entry.topic is not None and entry.suppression_class != "all":
        raise TopicNeedsEveryClassError
