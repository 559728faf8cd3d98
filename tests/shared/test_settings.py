"""A start with a missing, wrong or sample setting refuses and names it."""

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kit.settings import Octets, Secret, SettingsRefusedError, load


class _Sample(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_")

    port: int
    secret: Secret
    key: Octets


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"SAMPLE_{name.upper()}", value)


def test_every_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """F23: with the name of the missing item, never a default."""
    _set(monkeypatch, port="1")
    with pytest.raises(SettingsRefusedError, match=r"SAMPLE_SECRET \(missing\); SAMPLE_KEY \(missing\)"):
        load(_Sample)


@pytest.mark.parametrize("sample", ["changeme", "secret", "password1", "", "short"])
def test_sample_and_short_secrets_are_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, sample: str) -> None:
    """S87."""
    _set(monkeypatch, port="1", secret=sample, key="AAAA")
    with pytest.raises(SettingsRefusedError, match="SAMPLE_SECRET") as refused:
        load(_Sample)
    assert not sample or f" {sample}" not in str(refused.value).replace("or short secret", "")


def test_a_wrong_value_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """I5: no secret in an error."""
    _set(monkeypatch, port="1", secret="long enough to pass", key="not base64 canary!")
    with pytest.raises(SettingsRefusedError, match="SAMPLE_KEY") as refused:
        load(_Sample)
    assert "canary" not in str(refused.value)
    assert "long enough" not in str(refused.value)
