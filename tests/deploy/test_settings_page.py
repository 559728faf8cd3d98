"""The page of settings tells what the code reads."""

from deploy.settings_page import PAGE, write_page


def test_the_page_of_settings_is_fresh_and_describes_every_field() -> None:
    """Architecture 6: generated, and this test keeps it fresh (`python -m deploy.settings_page`)."""
    assert PAGE.read_text(encoding="utf-8") == write_page()
    assert "|  |" not in write_page()
