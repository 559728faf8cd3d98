"""Draws the bench's figures for a terminal, because a table nobody can read is a table nobody checks."""

import textwrap
from collections.abc import Sequence

from tests.bench.figure import Figure

HEADINGS = ("Row", "Work", "Measured", "Limit, same run", "Ratio")


def format_rate(value: float, unit: str) -> str:
    """A value with its unit: thousands apart, decimals only where they say something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def draw_table(figures: Sequence[Figure], *, colour: bool, width: int = 100) -> str:
    """The table with a note and the details below each row; void rows are marked."""
    rows = [
        (
            figure.id,
            figure.name,
            format_rate(figure.value, figure.unit),
            format_rate(figure.limit_value, figure.unit),
            "void" if figure.void else f"{figure.ratio:.2f}",
        )
        for figure in figures
    ]
    widths = [max(len(text) for text in column) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [paint(join_cells(HEADINGS, widths), "1", colour), "  ".join("─" * size for size in widths)]
    for figure, row in zip(figures, rows, strict=True):
        lines.append(paint(join_cells(row, widths), "31" if figure.void else "32", colour))
        lines.extend(describe(figure, width))
        lines.append("")
    return "\n".join(lines)


def join_cells(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One line: words to the left, figures to the right."""
    padded = [
        text.ljust(size) if number < 2 else text.rjust(size)
        for number, (text, size) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def describe(figure: Figure, width: int) -> list[str]:
    """The lines below a row: why it is void, limit, note, details."""
    texts = [f"limit: {figure.limit}", figure.note]
    if figure.void:
        texts.insert(0, f"VOID: {figure.void}")
    lines = [line for text in texts if text for line in wrap(text, width)]
    longest = max((len(what) for what, _ in figure.details), default=0)
    return lines + [f"     {what.ljust(longest)}  {value}" for what, value in figure.details]


def wrap(text: str, width: int) -> list[str]:
    """Text indented below a row."""
    return textwrap.wrap(text, width, initial_indent="     ", subsequent_indent="     ")


def paint(text: str, code: str, colour: bool) -> str:
    """Text in a terminal colour, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
