"""The agent's words and its configuration: what is missing is named, secrets are kept, and everything can be looked at before it is sent."""

from pathlib import Path
from uuid import uuid4

import pytest

from services.ingest.connectors.fhir import CONNECTOR, FhirSettings
from services.ingest.sync.command import main
from services.ingest.sync.config import ConfigRefusedError, read_file, read_source, read_target
from services.ingest.sync.state import StateRefusedError, open_state


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with everything but the secret."""
    file = tmp_path / "c.toml"
    file.write_text(
        f'[ingest]\nurl = "https://ingest.example.com"\nconnection_id = "{uuid4()}"\nclient_id = "a"\n[source]\nfolder = "."\n'
    )
    return file


def test_secrets_come_from_the_environment_or_a_file_of_ones_own(config: Path) -> None:
    """Issue: never from a file that others read, never named in a message."""
    with pytest.raises(ConfigRefusedError, match=r"client_secret \(missing\)"):
        read_target(read_file(config), config, {})
    assert (
        read_target(read_file(config), config, {"DUEBACK_CLIENT_SECRET": "x"}).client_secret.get_secret_value() == "x"
    )
    config.write_text(config.read_text().replace("client_id", 'client_secret = "hush"\nclient_id'))
    config.chmod(0o644)
    with pytest.raises(ConfigRefusedError, match="chmod 600") as refused:
        read_target(read_file(config), config, {})
    assert "hush" not in str(refused.value)
    config.chmod(0o600)
    assert "hush" not in repr(read_target(read_file(config), config, {}))
    with pytest.raises(ConfigRefusedError, match="https"):
        read_target({"ingest": read_file(config)["ingest"] | {"url": "http://ingest.example.com"}}, config, {})


def test_a_wrong_configuration_is_one_sentence_without_values(config: Path) -> None:
    """Bad input gets a clear error for a human: the field is named, what stood in it is not."""
    with pytest.raises(ConfigRefusedError, match=r"\[source\].*fodler \(unknown\)") as refused:
        read_source(CONNECTOR, {"source": {"fodler": "private"}}, config, {})
    assert "private" not in str(refused.value)
    config.write_text("[ingest\nurl")
    with pytest.raises(ConfigRefusedError, match="no TOML"):
        read_file(config)
    settings = read_source(CONNECTOR, {"source": {"folder": "x"}}, config, {})
    assert isinstance(settings, FhirSettings)
    assert settings.folder == config.parent / "x"


def test_the_command_says_what_it_lacks_and_lists_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 for wrong words, and the sentence names them; --list tells what every connector needs."""
    assert main([]) == 2
    assert "--list" in capsys.readouterr().err
    assert main(["fhir", "--set", f"folder={tmp_path}"]) == 2
    assert "--config" in capsys.readouterr().err
    assert main(["fhir", "--config", str(tmp_path / "none.toml")]) == 2
    assert "Cannot read" in capsys.readouterr().err
    assert main(["nexhealth", "--dry-run", "--set", "api_key=hush-hush"]) == 2
    assert "hush" not in capsys.readouterr().err
    assert main(["unknown"]) == 2
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert "fhir: " in listed
    assert "private_key (secret)" in listed
    (tmp_path / "export").mkdir()
    people = (f'{{"resourceType": "Patient", "id": "p{n}"}}\n' for n in range(3))
    (tmp_path / "export" / "Patient.ndjson").write_text("".join(people))
    assert main(["fhir", "--dry-run", "--set", f"folder={tmp_path / 'export'}"]) == 0
    assert "taken: consumer 3" in capsys.readouterr().out


def test_the_state_belongs_to_one_connection_and_one_run(tmp_path: Path) -> None:
    """Two runs at once, or a folder of another connection, are refused with a sentence; nonsense after a disk fault starts anew."""
    state = open_state(tmp_path / "s", "one")
    state.settle({"since": "x"})
    with pytest.raises(StateRefusedError, match="another run"):
        open_state(tmp_path / "s", "one")
    state.close()
    with pytest.raises(StateRefusedError, match="another connection"):
        open_state(tmp_path / "s", "two")
    again = open_state(tmp_path / "s", "one")
    assert dict(again.cursor) == {"since": "x"}
    assert again.next_sequence(5) < again.next_sequence(5)
    (tmp_path / "s" / "whole-consumer.ndjson").write_text("left by a run that broke off")
    again.sweep()
    assert not list((tmp_path / "s").glob("*.ndjson"))
    again.close()
    (tmp_path / "s" / "state.json").write_bytes(b"\x00" * 64)
    anew = open_state(tmp_path / "s", "one")
    assert dict(anew.cursor) == {}
    anew.close()
