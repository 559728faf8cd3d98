"""Stock content of mail of our own: one file of words per kind in `own/`, one layout, one content per language, its id made from its bytes."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from services.mailer.content.findings import ContentSource
from shared.schemas.contents import ClassReason

_FOLDER: Final = Path(__file__).parent / "own"
_NAMESPACE: Final = UUID("5f1c1f0a-5a0f-4c6d-8f0b-2d9d3f6f6a41")
_FALLBACK: Final = "en"
_WHY: Final = {
    "asked_for": "It answers what was asked for from this address, once, and sells nothing.",
    "account": "It tells a business about its own use of the service and sells nothing (15 U.S.C. 7702(17)(A)(iii)).",
}
"""Why each is transactional, by its primary purpose."""


@dataclass(frozen=True, slots=True)
class OwnContent:
    """A content of our own; its `origin` is its kind's name, its purpose `asked_for`, unless the file says another."""

    content_id: UUID
    kind: str
    origin: str
    source: ContentSource

    @property
    def class_reason(self) -> ClassReason:
        """Why it is transactional, the confirmation of an opt-in included (L-001)."""
        purpose = self.source.purpose or "asked_for"
        return ClassReason(purpose=purpose, decided_by="product", decider=self.kind, words=_WHY[purpose])


@cache
def own_contents() -> Mapping[tuple[str, str], OwnContent]:
    """Return every content of our own by (kind, language)."""
    layout = (_FOLDER / "layout.mjml").read_text(encoding="utf-8")
    found = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        for content in _read(path.stem, tomllib.loads(path.read_text(encoding="utf-8")), layout):
            found[path.stem, content.source.language] = content
    return found


def choose_own(kind: str, language: str) -> OwnContent | None:
    """Return the content of this kind in this language, else in English."""
    contents = own_contents()
    return contents.get((kind, language)) or contents.get((kind, _FALLBACK))


def _read(kind: str, words: dict[str, Any], layout: str) -> Iterator[OwnContent]:
    sample, origin, purpose = words.pop("sample"), words.pop("origin", kind), words.pop("purpose", "asked_for")
    for language, own in words.items():
        source = ContentSource(
            language,
            "any",
            "transactional",
            own["subject"],
            _write_mjml(layout, language, own),
            _write_text(own),
            sample,
            purpose,
        )
        yield OwnContent(uuid5(_NAMESPACE, repr(sorted(asdict(source).items()))), kind, origin, source)


def _write_mjml(layout: str, language: str, own: Mapping[str, Any]) -> str:
    link = own.get("link")
    parts = {
        "language": language,
        "preheader": own["preheader"],
        "paragraphs": "".join(f"<mj-text>{escape(each, quote=False)}</mj-text>" for each in own["paragraphs"]),
        "button": f'<mj-button href="{{{{ links.confirm }}}}" background-color="#1f5fa8" color="#ffffff">{link}</mj-button>'
        if link
        else "",
        "why": own["why"],
    }
    for name, value in parts.items():
        layout = layout.replace(f"[[{name}]]", value)
    return layout


def _write_text(own: Mapping[str, Any]) -> str:
    link = [f"{own['link']}:\n{{{{ links.confirm }}}}"] if "link" in own else []
    footer = f"--\n{own['why']}\n{{{{ location.name }}}}\n{{{{ location.postal_address }}}}\n"
    return "\n\n".join((*own["paragraphs"], *link, footer))
