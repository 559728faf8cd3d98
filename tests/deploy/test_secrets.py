"""Secrets are made once, kept private, never replaced by accident, and each service gets its own."""

import json
import stat
from pathlib import Path

import pytest

from deploy.local.cannot_run import CannotRunError
from deploy.local.environment import Surroundings, service_environment
from deploy.local.names import SERVICES, ServiceUrls, role_name
from deploy.local.secrets import Secrets, load_or_make_secrets


def _surroundings(secrets: Secrets, folder: Path) -> Surroundings:
    def url(service: str, part: str) -> str:
        return f"postgresql://x:{secrets.database_passwords[role_name(service, part)]}@127.0.0.1/x"

    return Surroundings(
        mode="production",
        clock_file=None,
        folder=folder,
        ports=dict.fromkeys(SERVICES, 8000),
        urls={name: f"http://{name}" for name in SERVICES},
        databases={name: ServiceUrls(url(name, "owner"), url(name, "api"), url(name, "worker")) for name in SERVICES},
        secrets=secrets,
        smtp_url="smtp://127.0.0.1:25",
        optout_public_url="https://optout.example.com",
        scheduler_public_url="https://answers.example.com",
        bounce_domain="bounces.example.com",
    )


def test_secrets_are_made_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    """Architecture 8: kept in the data folder."""
    first = load_or_make_secrets(tmp_path)
    assert load_or_make_secrets(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_secret_that_a_later_version_needs_is_added_and_the_others_stay(tmp_path: Path) -> None:
    """Upgrades add keys and never change one."""
    first = load_or_make_secrets(tmp_path)
    kept = json.loads((tmp_path / "secrets.json").read_text())
    del kept["key_encryption_keys"]["mailer"]
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    second = load_or_make_secrets(tmp_path)
    assert set(second.key_encryption_keys) == set(first.key_encryption_keys)
    assert second.key_encryption_keys["ingest"] == first.key_encryption_keys["ingest"]
    assert second.service_keys == first.service_keys


def test_lost_or_damaged_secrets_of_an_existing_database_are_not_replaced(tmp_path: Path) -> None:
    """New keys would make the stored addresses and every opt-out link unreadable for ever."""
    (tmp_path / "postgres" / "cluster").mkdir(parents=True)
    with pytest.raises(CannotRunError, match="is missing but the database is there"):
        load_or_make_secrets(tmp_path)
    (tmp_path / "secrets.json").write_text('{"service_keys": ')
    with pytest.raises(CannotRunError, match="is damaged"):
        load_or_make_secrets(tmp_path)


def test_a_service_gets_its_own_secrets_and_nobody_elses(tmp_path: Path) -> None:
    """Owner URLs and other services' keys never reach a service, the operator's environment neither."""
    secrets = load_or_make_secrets(tmp_path)
    around = _surroundings(secrets, tmp_path)
    operators = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://admin",
        "http_proxy": "http://proxy",
        "INGEST_DATABASE_URL": "x",
    }
    for service in SERVICES:
        text = json.dumps(service_environment(service, around, given=operators))
        for other in SERVICES:
            own = other == service
            assert (secrets.service_keys[other] in text) == own
            assert secrets.database_passwords[role_name(other, "owner")] not in text
            assert (secrets.database_passwords[role_name(other, "worker")] in text) == own
        for holder, key in secrets.key_encryption_keys.items():
            assert (key in text) == (holder == service)
        assert (secrets.token_keys["1"] in text) == (service in ("mailer", "optout"))
        assert (secrets.address_keys["1"] in text) == (service in ("ingest", "optout"))
        assert (secrets.operator_client_secret in text) == (service == "portal")
        assert "admin" not in text
        assert "proxy" not in text
        assert "INGEST_DATABASE_URL" not in text


def test_extra_variables_win_and_the_operators_own_settings_pass(tmp_path: Path) -> None:
    """Crash points for tests; `MAILER_...` settings for people."""
    around = _surroundings(load_or_make_secrets(tmp_path), tmp_path)
    made = service_environment(
        "mailer",
        around,
        given={"MAILER_SESSIONS": "9", "MAILER_PORT": "1"},
        extra={"DUEBACK_CRASH": "mailer.after_marker"},
    )
    assert made["MAILER_SESSIONS"] == "9"
    assert made["MAILER_PORT"] == "8000"
    assert made["DUEBACK_CRASH"] == "mailer.after_marker"


def test_links_in_mails_lead_where_the_pages_are(tmp_path: Path) -> None:
    """L-034, S-054: who shows a page and who lets mail lead there are told the same address; an operator's own wins for one service."""
    around = _surroundings(load_or_make_secrets(tmp_path), tmp_path)
    made = {service: service_environment(service, around, given={}) for service in SERVICES}
    for page in ("OPTOUT", "SCHEDULER"):
        own = made[page.lower()][f"{page}_PUBLIC_URL"]
        assert own.startswith("https://")
        assert made["mailer"][f"MAILER_{page}_PUBLIC_URL"] == own
        given = {f"MAILER_{page}_PUBLIC_URL": "https://elsewhere.example.com"}
        assert service_environment("mailer", around, given=given)[f"MAILER_{page}_PUBLIC_URL"] == given.popitem()[1]
