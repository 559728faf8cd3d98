"""The launcher answers what it cannot do with one plain sentence and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.chosen import NEEDED_FOR_THE_WORLD
from tests.deploy.processes import REPOSITORY


def _dueback(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    unset = {"DATABASE_URL", "SMTP_URL", "DUEBACK_DATA", "DUEBACK_MODE", "OPTOUT_DATABASE_API"}
    unset.update({"OPTOUT_PUBLIC_URL", "SCHEDULER_PUBLIC_URL", *NEEDED_FOR_THE_WORLD})
    environment = {name: value for name, value in os.environ.items() if name not in unset} | variables
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (["nonsense"], {}, "There is no command 'nonsense'"),
        (["up", "--port", "portal=eighty"], {}, "--port takes NAME=N"),
        (["up", "--port", "portal=99999"], {}, "99999 is no port"),
        (["up", "--mailers", "0"], {}, "--mailers takes a number from 1"),
        (["up"], {"SMTP_URL": "relay"}, "SMTP_URL must look like smtp+starttls://"),
        (
            ["up"],
            {"SMTP_URL": "smtp://relay.example.com"},
            "SMTP_URL must start with smtp+starttls:// or smtps:// in production",
        ),
        (["up"], {"SMTP_URL": "smtp://127.0.0.1:25"}, "set OPTOUT_PUBLIC_URL to the https address"),
        (
            ["up"],
            {"SMTP_URL": "smtp://127.0.0.1:25", "OPTOUT_PUBLIC_URL": "https://optout.example.com"},
            "set SCHEDULER_PUBLIC_URL to the https address",
        ),
        (
            ["up"],
            {
                "SMTP_URL": "smtp://127.0.0.1:25",
                "OPTOUT_PUBLIC_URL": "https://optout.example.com",
                "SCHEDULER_PUBLIC_URL": "https://answers.example.com",
            },
            "set MAILER_BOUNCE_DOMAIN, MAILER_HELO_NAME, OPTOUT_PRIVACY_MAILTO, PORTAL_PRIVACY_CONTACT too",
        ),
        (["up"], {"DUEBACK_MODE": "play"}, "DUEBACK_MODE must be one of"),
        (["up"], {"INGEST_DATABASE_URL": "postgresql://x"}, "Some services have a database URL"),
        (["migrate"], {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"}, "No connection to PostgreSQL at 127.0.0.1:1"),
        (["serve", "optout"], {}, "optout is not configured"),
    ],
)
def test_bad_input_is_answered_with_one_sentence(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], sentence: str
) -> None:
    """Bad input: stderr, exit code 2, no traceback."""
    answer = _dueback(*arguments, DUEBACK_DATA=str(tmp_path / "data"), **variables)
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    """Bad input: a read-only folder (here one in which even root can make nothing)."""
    answer = _dueback("up", "--data", "/proc/dueback")
    assert answer.returncode == 2
    assert "Cannot write to the data folder /proc/dueback" in answer.stderr


def test_every_command_explains_itself() -> None:
    """The subcommands there are now."""
    overview = _dueback("--help")
    assert overview.returncode == 0
    for name in ("bench", "check", "demo", "migrate", "serve", "sync", "test", "up", "work", "year"):
        assert f"\n  {name} " in overview.stdout
    assert "--apart" in _dueback("up", "--help").stdout


def test_without_a_network_the_first_set_up_says_so(tmp_path: Path) -> None:
    """Bad input: no network at first set-up; here an index that refuses connections."""
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": ""}
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "dueback")],
        capture_output=True,
        text=True,
        env={**os.environ, **offline, "DUEBACK_VENV": str(tmp_path / "venv")},
        timeout=120,
        check=False,
    )
    assert answer.returncode == 2
    assert "The packages cannot be fetched: connect to the internet" in answer.stderr
    assert "Traceback" not in answer.stderr
