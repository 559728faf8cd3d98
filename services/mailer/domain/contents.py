"""A published content as store and rendering know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompiledContent:
    """A published version: three checked templates and the fields they need. Small, frozen, and all that rendering needs."""

    language: str
    message_class: str
    subject: str
    text: str
    html: str
    fields: tuple[str, ...]
