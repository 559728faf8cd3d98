"""The demonstration end to end, as a person starts it: every service as a process, real mail to a real catcher."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.demo.place import MARK, clear_place
from deploy.local.cannot_run import CannotRunError

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 240
SURROUNDINGS = ("DATABASE_URL", "SMTP_URL", "DUEBACK_DATA", "DUEBACK_MODE", "DUEBACK_CLOCK_FILE")


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `./dueback demo` with the environment already made."""
    surroundings = {name: value for name, value in os.environ.items() if name not in SURROUNDINGS}
    command = [sys.executable, "-m", "deploy.cli", "demo", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )


def test_the_demo_adds_up_and_leaves_nothing_running(tmp_path: Path) -> None:
    """The main job through all five services; exit code 0 only if everything adds up."""
    tmp_path.chmod(0o755)  # as root PostgreSQL runs as another user, who must be able to get in
    folder = tmp_path / "demo"
    done = run_demo("--json", "--seed", "2", "--data", str(folder))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    made = json.loads(done.stdout)
    assert made["adds_up"] is True
    assert made["faults"] == []
    assert [business["vertical"] for business in made["businesses"]] == ["dental", "auto"]
    for business in made["businesses"]:
        silent = [person for group in business["nothing"] for person in group["consumers"]]
        assert business["written_to"] + len(silent) == business["consumers"]
        assert {"appointment_reminder", "visit_thanks"} <= set(business["mails"])
    assert (made["opt_out"]["mails_before"], made["opt_out"]["mails_after"]) == (1, 0)
    assert made["opt_out"]["mails_of_others_after"] > 0
    assert not (folder / "addresses.json").exists()
    assert not (folder / "postgres" / "cluster" / "postmaster.pid").exists()


def test_a_folder_that_is_not_the_demos_is_never_emptied(tmp_path: Path) -> None:
    """`--data` of somebody's real installation must survive a slip."""
    (tmp_path / "secrets.json").write_text("{}")
    with pytest.raises(CannotRunError, match="will not be emptied"):
        clear_place(tmp_path, lambda _: None)
    assert (tmp_path / "secrets.json").exists()


def test_the_demos_own_folder_is_emptied(tmp_path: Path) -> None:
    """Each run starts from nothing."""
    folder = clear_place(tmp_path / "demo", lambda _: None)
    (folder / "inbox").mkdir()
    (folder / "inbox" / "old").touch()
    clear_place(folder, lambda _: None)
    assert sorted(entry.name for entry in folder.iterdir()) == [MARK, "lock"]


def test_a_folder_without_patients_is_no_export(tmp_path: Path) -> None:
    """One plain sentence and exit code 2, nothing started."""
    done = run_demo("--fhir", str(tmp_path), "--data", str(tmp_path / "demo"))
    assert done.returncode == 2
    assert "no FHIR bulk export" in done.stderr
