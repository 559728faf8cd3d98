"""The operator's page of settings is fresh, and every setting says what it means."""

import importlib

from deploy.settings_page import PAGE, write_page
from tests.house.sources import SERVICES


def test_the_settings_page_is_fresh() -> None:
    """Architecture 6: `deploy/settings.md` is generated; run `python -m deploy.settings_page`."""
    assert PAGE.read_text(encoding="utf-8") == write_page()


def test_every_setting_says_what_it_means() -> None:
    """Architecture 6: every field described."""
    silent = [
        f"{service}.{name}"
        for service in SERVICES
        for name, field in importlib.import_module(f"services.{service}.main").Settings.model_fields.items()
        if name != "common" and not field.description
    ]
    assert silent == []
