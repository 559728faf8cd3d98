"""Signers of sender domains, ready for use, and the threads that sign: a signature takes 250 us in which the event loop can send others."""

import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.sealing import key_place
from services.mailer.domain.sender_domain import SenderKey, judge_signing, pick_signers
from services.mailer.smtp.compose import Composed, Letter, Skeleton
from services.mailer.smtp.dkim import DkimSigner, UnfitKeyError, load_key
from services.mailer.store.sender_domains import DomainId, find_keys, find_sealed
from shared.kit.crypto import FieldCipher, UndecryptableError
from shared.kit.logs import log

_MOST_KEPT: Final = 2000
_MOST_THREADS: Final = 4
_CHUNK: Final = 16
"""Drafts signed by one call into a thread: 5 ms, so that starting and ending it costs next to nothing a message."""


class SenderHeldError(Exception):
    """Mail from this domain must not leave now, least of all unsigned; `reason` says why (L-054, F23)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Draft:
    """A message all but composed. `signer` None: it goes unsigned. A thread fills `ahead` unless the message was taken before its turn."""

    letter: Letter
    skeleton: Skeleton
    signer: DkimSigner | None
    ahead: Composed | None = None
    is_taken: bool = False

    def compose(self) -> Composed:
        """Return the bytes, signed where they are to be. Raises UnfitHeaderError."""
        sign = partial(self.signer.sign, at=self.letter.at) if self.signer else None
        return self.skeleton.compose(self.letter, sign)


@dataclass(frozen=True, slots=True)
class _Entry:
    """How a domain's mail leaves: signed, unsigned (neither is set), or held. `selectors` tell whether the signer is still the right one."""

    selectors: tuple[str, ...] = ()
    signer: DkimSigner | None = None
    held: str | None = None


class Signers:
    """Signers by domain. `warm` reads the keys' states once a batch, and private keys only when another key signs."""

    def __init__(self, *, is_required: bool) -> None:
        self._is_required = is_required
        self._entries: dict[DomainId, _Entry] = {}
        self._threads: ThreadPoolExecutor | None = None

    async def warm(
        self, connection: AsyncConnection, wanted: Collection[DomainId], ciphers: Mapping[UUID, FieldCipher]
    ) -> None:
        """Bring the entries of these domains up to date."""
        keys = await find_keys(connection, wanted)
        for domain_id in wanted:
            known = self._entries.pop(domain_id, None)
            self._entries[domain_id] = await self._renew(
                connection, domain_id, keys.get(domain_id, []), known, ciphers[domain_id[0]]
            )
        for domain_id in list(self._entries)[:-_MOST_KEPT]:
            del self._entries[domain_id]

    async def _renew(
        self,
        connection: AsyncConnection,
        domain_id: DomainId,
        keys: Sequence[SenderKey],
        known: _Entry | None,
        cipher: FieldCipher,
    ) -> _Entry:
        verdict = judge_signing(keys, is_required=self._is_required)
        if verdict == "unsigned":
            return _Entry()
        if verdict != "sign":
            return _Entry(held=verdict)
        fit = pick_signers(keys)
        selectors = tuple(key.selector for key in fit)
        if known is not None and known.signer is not None and known.selectors == selectors:
            return known
        sealed = await find_sealed(connection, domain_id)
        try:
            loaded = [
                load_key(
                    key.selector,
                    key.algorithm,
                    cipher.decrypt(sealed[key.selector], key_place(*domain_id, key.selector)),
                )
                for key in fit
            ]
        except (KeyError, UndecryptableError, UnfitKeyError):
            log("mailer.delivery").error("sender_key_missing", subscriber_id=str(domain_id[0]))
            return _Entry(held="sender_key_missing")
        return _Entry(selectors, DkimSigner(domain_id[1], loaded))

    def find(self, domain_id: DomainId) -> DkimSigner | None:
        """Return the signer of a domain, None where its mail goes unsigned, or raise SenderHeldError."""
        entry = self._entries.get(domain_id)
        if entry is None:
            raise SenderHeldError("sender_key_missing")
        if entry.held is not None:
            raise SenderHeldError(entry.held)
        return entry.signer

    @property
    def has_signers(self) -> bool:
        """Whether any domain's mail is signed at all."""
        return any(entry.signer for entry in self._entries.values())

    def compose_ahead(self, drafts: Sequence[Draft]) -> None:
        """Let threads compose and sign these in their order; nobody waits for it: whoever is faster than the threads signs himself."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="sign")
        for first in range(0, len(drafts), _CHUNK):
            self._threads.submit(_compose_all, drafts[first : first + _CHUNK])

    def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _compose_all(drafts: Sequence[Draft]) -> None:
    """Whatever fails here fails again where the message is prepared, which settles that message alone (N-98)."""
    for draft in drafts:
        if not draft.is_taken:
            with suppress(Exception):
                draft.ahead = draft.compose()
