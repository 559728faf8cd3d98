"""Reads the agent's configuration: a TOML file with `[ingest]` and `[source]`, secrets from the environment or a file that only its owner reads.

`DUEBACK_CLIENT_SECRET` is the secret for ingest, `DUEBACK_SOURCE_<FIELD>` any field of the source. A refusal names fields and never a value.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from services.ingest.domain.connector import Connector

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_SOURCE: Final = "DUEBACK_SOURCE_"
_MOST_OCTETS: Final = 256 * 1024


class ConfigRefusedError(Exception):
    """The configuration cannot be used; the text is one sentence for a person and holds no value."""


class Target(BaseModel):
    """Where the records go and who sends them."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(description="base URL of ingest")
    token_url: str = Field(default="", description="portal's token endpoint; by default /v1/token at the same host")
    connection_id: UUID = Field(description="id of the connection, from POST /v1/connections")
    client_id: str = Field(min_length=1, description="the API client; or DUEBACK_CLIENT_ID")
    client_secret: SecretStr = Field(min_length=1, description="its secret; better DUEBACK_CLIENT_SECRET")


def read_file(path: Path) -> dict[str, Any]:
    """Return the file's tables. Raises ConfigRefusedError."""
    try:
        if path.stat().st_size > _MOST_OCTETS:
            raise ConfigRefusedError(f"{path} is no configuration: it has over 256 kB.")
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigRefusedError(f"Cannot read {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = str(error).rpartition("(")[2].rstrip(")") if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8"
        raise ConfigRefusedError(f"{path} is no TOML: {where}.") from None


def read_target(tables: Mapping[str, Any], path: Path, environment: Mapping[str, str]) -> Target:
    """Return `[ingest]`, filled up from the environment. Raises ConfigRefusedError."""
    values = _table(tables, "ingest")
    _refuse_open_secret(values.get("client_secret"), path)
    for field in ("client_id", "client_secret"):
        if given := environment.get(f"DUEBACK_{field.upper()}"):
            values[field] = given
    target: Target = _checked(Target, values, "ingest", "DUEBACK_")
    for url in (target.url, target.token_url or target.url):
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
            raise ConfigRefusedError("[ingest] url and token_url must begin with https:// (S-050).")
    return target


def read_source(
    connector: Connector, tables: Mapping[str, Any], path: Path | None, environment: Mapping[str, str]
) -> BaseModel:
    """Return the connector's settings from `[source]` and the environment; relative paths count from the file. Raises ConfigRefusedError."""
    values = _table(tables, "source")
    for name, field in connector.settings.model_fields.items():
        if is_secret(field):
            _refuse_open_secret(values.get(name), path)
        if given := environment.get(f"{_SOURCE}{name.upper()}"):
            values[name] = given
        if path is not None and "Path" in str(field.annotation) and isinstance(values.get(name), str):
            values[name] = path.parent / values[name]
    settings: BaseModel = _checked(connector.settings, values, "source", _SOURCE)
    return settings


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting is a secret, by its type."""
    return "SecretStr" in str(field.annotation)


def _table(tables: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise ConfigRefusedError(f"[{name}] must be a table.")
    return dict(found)


def _refuse_open_secret(value: object, path: Path | None) -> None:
    """A secret may stand in the file only when nobody else on the computer can read it."""
    if value and path is not None and os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigRefusedError(f"{path} holds a secret and others may read it: chmod 600 it, or use the environment.")


def _checked(model: type[BaseModel], values: Mapping[str, Any], table: str, prefix: str) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        rows = error.errors(include_input=False, include_url=False, include_context=False)
        wrong = sorted(
            {f"{row['loc'][0] if row['loc'] else ''} ({_reason(row['type'], row['msg'])})".strip() for row in rows}
        )
        raise ConfigRefusedError(
            f"[{table}] is incomplete or wrong: {', '.join(wrong)}; variables {prefix}... count too."
        ) from None


def _reason(kind: str, message: str) -> str:
    return {"missing": "missing", "extra_forbidden": "unknown"}.get(kind, message.removeprefix("Value error, ").lower())
