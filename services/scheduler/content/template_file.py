"""Reads a template file: sections under headers `=== language vertical part ===`, so that all words of a campaign type stand in one readable file.

The vertical `any` serves every vertical. `[[part]]` inside a section stands for another part in the same language and vertical, `[[p part]]` for its
paragraphs as HTML: what the HTML part and the text part both say stands there once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "templates"
_HEADER: Final = re.compile(r"^=== ([a-z]{2}) (any|dental|auto) ([a-z_]+) ===\n", re.MULTILINE)
_SLOT: Final = re.compile(r"\[\[(p )?([a-z_]+)\]\]")
_DEEPEST: Final = 5


class TemplateUnreadableError(Exception):
    """A template file lacks a part, names one twice, or refers to one that is not there; raised at start."""


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """The sections of one file by (language, vertical, part)."""

    name: str
    sections: Mapping[tuple[str, str, str], str]

    @property
    def languages(self) -> list[str]:
        """The languages that this file speaks."""
        return sorted({language for language, _, _ in self.sections})

    def find(self, language: str, vertical: str, part: str) -> str | None:
        """Return a part's words: those of the vertical, else those of all verticals."""
        own = self.sections.get((language, vertical, part))
        return own if own is not None else self.sections.get((language, "any", part))


def read_template_file(name: str) -> TemplateFile:
    """Return the sections of `templates/<name>.j2`; what stands before the first header is a comment."""
    pieces = _HEADER.split((FOLDER / f"{name}.j2").read_text(encoding="utf-8"))
    sections: dict[tuple[str, str, str], str] = {}
    for index in range(1, len(pieces), 4):
        key = (pieces[index], pieces[index + 1], pieces[index + 2])
        if key in sections:
            raise TemplateUnreadableError(f"{name}: {' '.join(key)} stands there twice")
        sections[key] = pieces[index + 3].strip("\n")
    return TemplateFile(name, sections)


def fill_slots(
    words: str, files: tuple[TemplateFile, ...], *, language: str, vertical: str, named: Mapping[str, str]
) -> str:
    """Return `words` with every `[[part]]` replaced: by its value in `named`, else by that part of the first file that has it."""

    def part_of(match: re.Match[str]) -> str:
        if match[2] in named:
            return named[match[2]]
        for file in files:
            found = file.find(language, vertical, match[2])
            if found is not None:
                return "\n".join(f"<p>{part}</p>" for part in found.split("\n\n") if part) if match[1] else found
        raise TemplateUnreadableError(f"{files[0].name}: no part {match[2]} in {language} for {vertical}")

    for _ in range(_DEEPEST):
        words = _SLOT.sub(part_of, words)
    if _SLOT.search(words):
        raise TemplateUnreadableError(f"{files[0].name}: parts refer to each other in a circle")
    return words
