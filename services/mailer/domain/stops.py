"""What a stop names."""

from uuid import UUID


def names_one(scope: str, stop_id: str) -> bool:
    """`all` has no other id, and ids are compared as text: only the canonical form of a UUID would stop anything."""
    if scope == "all":
        return stop_id == "all"
    try:
        return str(UUID(stop_id)) == stop_id
    except ValueError:
        return False
