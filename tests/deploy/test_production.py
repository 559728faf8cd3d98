"""The command that README gives for mail to the world starts; samples and mail in clear do not."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.local.cannot_run import CannotRunError
from deploy.local.chosen import chosen_options
from deploy.local.environment import SAMPLE_PLATFORM, Surroundings, service_environment
from deploy.local.names import SERVICES, ServiceUrls
from deploy.local.secrets import load_or_make_secrets
from shared.kit.relay_url import read_relay_url
from shared.kit.settings import SettingsRefusedError
from tests.deploy.processes import REPOSITORY

SAMPLES = {
    "mailer": {"MAILER_BOUNCE_DOMAIN": "bounces.example.com", "MAILER_HELO_NAME": "mail.example.org."},
    "optout": {"OPTOUT_PRIVACY_MAILTO": "privacy@Example.com"},
    "portal": {"PORTAL_PRIVACY_CONTACT": "privacy@shop.test"},
}


def _documented() -> dict[str, str]:
    """Return the variables of README's command for a relay of one's own."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    [command] = [block for block in re.findall(r"```\n(.*?)```", readme, re.DOTALL) if "SMTP_URL=" in block]
    assert command.rstrip().endswith("./dueback")
    return dict(re.findall(r"([A-Z_]+)=(\S+)", command))


def _load(
    service: str,
    given: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    public: dict[str, str] | None = None,
) -> Any:
    """Read a service's settings as `./dueback` with these variables would have them read; `public` is what the launcher itself is given instead."""
    options = chosen_options(given=public or given)
    assert options.smtp_url
    assert options.optout_public_url
    assert options.scheduler_public_url
    around = Surroundings(
        mode=options.mode,
        clock_file=options.clock_file,
        folder=folder,
        ports=dict.fromkeys(SERVICES, 8000),
        urls={name: f"http://{name}" for name in SERVICES},
        databases={name: ServiceUrls("postgresql://o", "postgresql://a", "postgresql://w") for name in SERVICES},
        secrets=load_or_make_secrets(folder),
        smtp_url=options.smtp_url,
        optout_public_url=options.optout_public_url,
        scheduler_public_url=options.scheduler_public_url,
        bounce_domain=options.bounce_domain,
    )
    for name, value in service_environment(service, around, given=given).items():
        monkeypatch.setenv(name, value)
    return importlib.import_module(f"services.{service}.main").load_settings()


@pytest.mark.parametrize("service", SERVICES)
def test_the_documented_command_is_taken_by_launcher_and_services(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S50: what README says starts, in production, with TLS."""
    given = _documented()
    assert chosen_options(given=given).mode == "production"
    _load(service, given, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("service", "name", "value"), [(service, *pair) for service, pairs in SAMPLES.items() for pair in pairs.items()]
)
def test_a_sample_name_is_refused_in_production_and_named(
    service: str, name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F23: never a default that belongs to nobody."""
    with pytest.raises(SettingsRefusedError, match=f"{name} must be set to your own in production") as refused:
        _load(service, _documented() | {name: value}, tmp_path, monkeypatch)
    assert value not in str(refused.value)


@pytest.mark.parametrize("scheme", ["smtp", "smtp+offered", "smtp+plain"])
def test_mail_in_clear_to_another_machine_is_refused_before_anything_starts(scheme: str) -> None:
    """S50: the launcher knows the mailer's rule; a relay on this machine and other modes are free."""
    given = _documented()
    away = given | {"SMTP_URL": f"{scheme}://user:canary@relay.your-domain.tld:25"}
    with pytest.raises(CannotRunError, match="must start with smtp\\+starttls://") as refused:
        chosen_options(given=away)
    assert "canary" not in str(refused.value)
    assert chosen_options(given=away | {"DUEBACK_MODE": "demo"}).smtp_url == away["SMTP_URL"]
    assert chosen_options(given=given | {"SMTP_URL": f"{scheme}://127.0.0.1:25"}).mode == "production"


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_relay_elsewhere_that_is_always_spoken_to_encrypted_is_taken(scheme: str) -> None:
    """S50, RFC 8314."""
    url = f"{scheme}://user:canary@relay.your-domain.tld"
    assert chosen_options(given=_documented() | {"SMTP_URL": url}).smtp_url == url
    assert read_relay_url(url, mode="production", variable="SMTP_URL").port == (465 if scheme == "smtps" else 587)


@pytest.mark.parametrize("page", ["OPTOUT", "SCHEDULER"])
def test_links_in_clear_are_refused_by_launcher_and_services(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S45, L-034: in production a link in a mail is https, for who shows the page and for who lets mail lead there."""
    in_clear = {f"{page}_PUBLIC_URL": "http://pages.your-domain.tld"}
    with pytest.raises(CannotRunError, match=f"set {page}_PUBLIC_URL to the https address"):
        chosen_options(given=_documented() | in_clear)
    with pytest.raises(SettingsRefusedError, match=f"{page}_PUBLIC_URL must be https"):
        _load(page.lower(), _documented() | in_clear, tmp_path, monkeypatch, public=_documented())
    mailers = {f"MAILER_{page}_PUBLIC_URL": "http://pages.your-domain.tld"}
    with pytest.raises(SettingsRefusedError, match=f"MAILER_{page}_PUBLIC_URL must be an https address"):
        _load("mailer", _documented() | mailers, tmp_path, monkeypatch)


@pytest.mark.parametrize("url", ["relay", "http://relay:25", "smtp://", "smtp://relay:port", "smtp://[relay"])
def test_what_names_no_relay_is_refused_with_one_that_does(url: str) -> None:
    """Bad input: one sentence with the schemes there are."""
    with pytest.raises(CannotRunError, match="SMTP_URL must look like smtp"):
        chosen_options(given=_documented() | {"SMTP_URL": url})


def test_mail_of_our_own_has_a_sample_sender_on_this_machine_and_none_in_the_world_unless_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Architecture 3, S-009: nobody's mail leaves under a made-up name or without a postal address."""
    given = _documented()
    assert _load("mailer", given, tmp_path, monkeypatch).platform is None
    sample = _load("mailer", given | {"DUEBACK_MODE": "demo", "SMTP_URL": "smtp://127.0.0.1:25"}, tmp_path, monkeypatch)
    assert sample.platform[0].sender.header_from == "hello@dueback.example.com"
    address = SAMPLE_PLATFORM["MAILER_PLATFORM_POSTAL_ADDRESS"]
    monkeypatch.delenv("MAILER_PLATFORM_POSTAL_ADDRESS")
    with pytest.raises(SettingsRefusedError, match="MAILER_PLATFORM_POSTAL_ADDRESS is needed"):
        _load("mailer", given | {"MAILER_PLATFORM_FROM": "hello@your-domain.tld"}, tmp_path, monkeypatch)
    given |= {"MAILER_PLATFORM_POSTAL_ADDRESS": address}
    for sender in ("hello@dueback.example.com", "nobody"):
        with pytest.raises(SettingsRefusedError, match="MAILER_PLATFORM_FROM"):
            _load("mailer", given | {"MAILER_PLATFORM_FROM": sender}, tmp_path, monkeypatch)
    named = _load("mailer", given | {"MAILER_PLATFORM_FROM": "hello@your-domain.tld"}, tmp_path, monkeypatch)
    assert named.platform[0].sender.reply_to == "hello@your-domain.tld"


@pytest.mark.parametrize(("seconds", "is_fit"), [("2", False), ("3.9", False), ("4", True), ("5", True)])
def test_a_lease_in_which_nothing_could_be_sent_is_refused_in_production(
    seconds: str, is_fit: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Architecture 4: nothing is handed over in its last 2 s, so a shorter one would stop the sending without a word."""
    given = _documented() | {"OPTOUT_LEASE_SECONDS": seconds}
    if is_fit:
        assert _load("optout", given, tmp_path, monkeypatch).lease_seconds == float(seconds)
    else:
        with pytest.raises(SettingsRefusedError, match="OPTOUT_LEASE_SECONDS must be at least 4 in production"):
            _load("optout", given, tmp_path, monkeypatch)
