"""Settings: one class per service, every field described, no default for a secret; a start with a missing or sample value refuses."""

import base64
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.kit.clock import Clock, ShiftedClock, SystemClock

SERVICES = ("ingest", "scheduler", "mailer", "optout", "portal")
_SAMPLE_DOMAINS = ("example.com", "example.net", "example.org", "example", "invalid", "test", "localhost")  # RFC 2606
_SAMPLES = ("changeme", "secret", "password", "example", "sample", "test")


class SettingsRefusedError(Exception):
    """A setting is missing or wrong; the text names it and never shows its value."""


def _octets(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _not_a_sample(value: object) -> object:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(text, str) and (len(text) < 12 or text.lower().strip("-_0123456789") in _SAMPLES):
        raise ValueError("a sample or short secret")
    return value


def _of_32(value: bytes) -> bytes:
    if len(value) != 32:
        raise ValueError("needs 32 octets")
    return value


Octets = Annotated[bytes, BeforeValidator(_octets)]
"""Binary secret given as base64."""

Key = Annotated[Octets, AfterValidator(_of_32)]
"""Binary secret of 32 octets given as base64."""

Secret = Annotated[SecretStr, BeforeValidator(_not_a_sample)]
"""Text secret of at least 12 letters that is no sample."""


class _SilentSettings(BaseSettings):
    """Settings that never show their values, wherever they are printed."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    __str__ = __repr__


class CommonSettings(_SilentSettings):
    """What every service needs to know, from variables that start with DUEBACK_."""

    model_config = SettingsConfigDict(env_prefix="DUEBACK_", frozen=True)

    mode: Literal["production", "demo", "test"] = Field(
        default="production", description="production refuses a movable clock and http links"
    )
    clock_file: Path | None = Field(default=None, description="file of the movable clock; demo and test only")
    service_keys: dict[str, Octets] = Field(description="JSON: service name to base64 of its raw Ed25519 public key")
    urls: dict[str, str] = Field(description="JSON: service name to base URL")
    idempotency_days: int = Field(
        default=1,
        ge=1,
        le=90,
        description="days for which the answer to a creating POST is kept for a repeat of its Idempotency-Key",
    )
    feed_days: int = Field(
        default=90,
        ge=30,
        le=4000,
        description=(
            "days for which a row of a change feed is kept at least; more than the age of any backup that may be restored of a service that reads it"
        ),
    )

    @model_validator(mode="after")
    def _clock_only_where_time_is_play(self) -> Self:
        if self.mode == "production" and self.clock_file is not None:
            raise ValueError("DUEBACK_CLOCK_FILE is refused in production")
        return self

    def clock(self) -> Clock:
        """Return the business clock of this process."""
        return ShiftedClock(self.clock_file) if self.clock_file else SystemClock()


class ServiceSettings(_SilentSettings):
    """Base of a service's own settings; subclasses set env_prefix, as in `INGEST_`."""

    model_config = SettingsConfigDict(frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(description="port to listen on", ge=1, le=65535)
    database_api: SecretStr = Field(description="postgresql:// URL of the API role")
    database_worker: SecretStr = Field(description="postgresql:// URL of the worker role")
    service_key: Octets = Field(
        description="base64 of the raw Ed25519 private key that signs this service's assertions"
    )
    state_folder: Path = Field(description="folder for this service's small local files")


def refuse_samples(mode: str, **values: str) -> None:
    """Raise ValueError naming every variable that in production still holds a name or mailbox made for examples (RFC 2606)."""
    if mode != "production":
        return
    names = {name: "." + value.rpartition("@")[2].strip().rstrip(".").lower() for name, value in values.items()}
    wrong = [name for name, host in names.items() if any(host.endswith(f".{sample}") for sample in _SAMPLE_DOMAINS)]
    if wrong:
        raise ValueError(f"{' and '.join(wrong)} must be set to your own in production, not to an example")


Loaded = TypeVar("Loaded", bound=BaseSettings)


def load(settings: type[Loaded], **values: Any) -> Loaded:
    """Read settings from the environment or raise SettingsRefusedError naming every missing or wrong one."""
    try:
        return settings(**values)
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        wrong = [
            _name_wrong(prefix, row["loc"], row["type"], row["msg"])
            for row in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsRefusedError("Settings are missing or wrong: " + "; ".join(wrong)) from None
    except ValueError as error:
        # pydantic-settings wraps broken JSON of a field in a plain SettingsError that names the field and not the value.
        raise SettingsRefusedError(f"Settings are wrong: {error}") from None


def _name_wrong(prefix: str, place: tuple[int | str, ...], kind: str, message: str) -> str:
    """Name one wrong setting by its variable and what is wrong, never by its value."""
    message = message.removeprefix("Value error, ")
    if not place:
        return message
    return f"{prefix}{'.'.join(map(str, place)).upper()} ({'missing' if kind == 'missing' else message.lower()})"
