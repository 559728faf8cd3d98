"""CSV lines: no text becomes a formula, and numbers stay numbers."""

import pytest

from shared.kit.csv_lines import csv_lines


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =x", "\t=x", "＝x", "|x", "%x"])
def test_a_text_that_might_be_a_formula_is_quoted(text: str) -> None:
    """S63: by an apostrophe in front."""
    assert csv_lines(["a"], [{"a": text}], with_header=False).lstrip('"').startswith("'")


def test_numbers_and_nothing_stay_what_they_are() -> None:
    """S63: a negative number is no formula; None is an empty cell."""
    row = {"a": -0.0381, "b": -5, "c": None, "d": True, "e": "x,y"}
    assert csv_lines(list(row), [row], with_header=True) == 'a,b,c,d,e\r\n-0.0381,-5,,true,"x,y"\r\n'
