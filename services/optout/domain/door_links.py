"""The pages' own links, sealed under the opt-out link keys: what each is for."""

from typing import Literal

from shared.kit.pages.sealed_ids import SealedIds

Purpose = Literal["undo", "join", "confirm", "prove", "shown"]
"""`undo`: subscriber and ledger entry. `join`: subscriber and location. `confirm`: subscriber and sign-up. `prove`: subscriber and proof.
`shown`: whom a preference page was shown to, and by which opt-outs one of its topics was off."""

DoorLinks = SealedIds[Purpose]
