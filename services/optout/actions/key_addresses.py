"""Tells the keys under which opt-outs of addresses stand; nothing is looked up and nothing kept."""

from collections.abc import Sequence

from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address
from shared.schemas.optout import KeyedAddress


def key_addresses(addresses: Sequence[str], *, address_keys: AddressKeys) -> list[KeyedAddress]:
    """Return each address in its delivery form with its key, in order."""
    return [_key(address, address_keys) for address in addresses]


def _key(text: str, address_keys: AddressKeys) -> KeyedAddress:
    try:
        address = canonical_address(text)
    except AddressRefusedError:
        return KeyedAddress(address=None, address_key=None)
    return KeyedAddress(address=address.address, address_key=address_keys.key_of(address.folded))
