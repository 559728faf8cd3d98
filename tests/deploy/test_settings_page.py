"""The page of settings tells what the code reads."""

from deploy.settings_page import PAGE, render_settings


def test_the_page_of_settings_is_fresh_and_describes_every_field() -> None:
    """Architecture 6: generated, and this test keeps it fresh (`python -m deploy.settings_page`)."""
    assert PAGE.read_text(encoding="utf-8") == render_settings()
    assert "|  |" not in render_settings()
