"""Every personal column has its class, its purposes and its readers on file; whatever takes personal fields from outside is listed too."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, DateTime, Double, Integer, SmallInteger, Uuid

from tests.fixtures.services import Neighbours
from tests.house.column_use import words_in
from tests.house.doors import doors_of, resolved
from tests.house.sources import ROOT, SERVICES, name, python

PAGE = ROOT / "deploy" / "data_inventory.toml"
_CLASSES = {"consumer", "subscriber", "visitor"}
_FORMS = {"sealed", "hash", "clear"}
_NOTHING_IN_THEM = (Uuid, Boolean, DateTime, Integer, BigInteger, SmallInteger, Double)
"""Types that hold no text: ids, counts, instants. A number that says something of a person (a birthday) is listed all the same."""
_PERSONAL_WORDS = re.compile(
    r"name|mail|address|phone|birth|plate|\bvin\b|sender|subject|text|recipient|note|contact|signer|header_from"
)
_NO_PERSONS = {"procedure_names"}


@cache
def inventory() -> dict[str, Any]:
    """Return the file."""
    return tomllib.loads(PAGE.read_text(encoding="utf-8"))


def listed() -> dict[str, dict[str, Any]]:
    """Return each personal column's entry by `service.table.column`."""
    return {column: entry for entry in inventory()["personal"] for column in entry["columns"]}


def columns() -> Iterator[tuple[str, bool]]:
    """Yield every column of every service, and whether its type can hold something of a person."""
    for service in SERVICES:
        for table in importlib.import_module(f"services.{service}.store.tables").metadata.tables.values():
            for column in table.columns:
                yield f"{service}.{table.name}.{column.name}", not isinstance(column.type, _NOTHING_IN_THEM)


def _is_not_personal(column: str) -> bool:
    service, table, _ = column.split(".")
    plain = inventory()["not_personal"]
    return f"{table}.*" in plain["plumbing"] or column.partition(".")[2] in plain[service]


def test_every_column_is_on_file() -> None:
    """S-051, S-073: personal with class, form and purpose, or named as not personal; and nothing is listed that is not there."""
    there = dict(columns())
    missing = [
        name for name, can_hold in there.items() if can_hold and name not in listed() and not _is_not_personal(name)
    ]
    assert missing == [], "say in deploy/data_inventory.toml what these hold"
    assert [name for name in listed() if name not in there] == []
    plain = [f"{s}.{name}" for s in SERVICES for name in inventory()["not_personal"][s]]
    assert [name for name in plain if name not in there or name in listed()] == []


def test_entries_are_complete() -> None:
    """S-051, S-060, S-073: a class, a form, what for, how long; every purpose is explained and used."""
    purposes = inventory()["purposes"]
    for entry in inventory()["personal"]:
        assert entry["class"] in _CLASSES
        assert entry["form"] in _FORMS
        assert entry["holds"]
        assert entry["kept"]
        assert entry["purposes"]
        assert set(entry["purposes"]) <= set(purposes)
    for entry in inventory()["collected"]:
        assert entry["class"] in _CLASSES
        assert entry["kept"]
        assert entry["purposes"]
        assert set(entry["purposes"]) <= set(purposes)
    assert [slug for slug, purpose in purposes.items() if not purpose["why"]] == []
    gone = [path for purpose in purposes.values() for path in purpose["code"] if not (ROOT / path).is_file()]
    assert gone == []


def test_no_code_names_a_personal_column_beyond_its_purposes() -> None:
    """S-051: a store module that names a sealed column, or a table with another personal column of it, stands in the code of a purpose."""
    purposes, strays = inventory()["purposes"], []
    for path in python("services"):
        where = name(path)
        service = where.split("/")[1]
        if "/store/" not in where or path.stem.endswith("tables") or path.stem == "metadata":
            continue
        words = words_in(path)
        for column, entry in listed().items():
            owner, table, field = column.split(".")
            if owner != service or field not in words or (entry["form"] != "sealed" and table not in words):
                continue
            if not any(where in purposes[purpose]["code"] for purpose in entry["purposes"]):
                strays.append(f"{where} names {column}")
    assert "\n".join(strays) == ""


@pytest.mark.parametrize("service", SERVICES)
async def test_every_personal_field_that_comes_in_is_on_file(service: str, neighbours: Neighbours) -> None:
    """S-060: request bodies of all routes, by the words of their fields."""
    opened = await neighbours.open(service)
    known = {field for entry in inventory()["collected"] for field in entry["fields"]} | _NO_PERSONS
    unlisted = set()
    for door in doors_of(opened.app):
        for kind in door.bodies():
            for field in _fields(door.schema(kind), door.components, set()):
                if _PERSONAL_WORDS.search(field) and field not in known and not field.endswith(("_id", "_key")):
                    unlisted.add(f"{door.name}: {field}")
    assert "\n".join(sorted(unlisted)) == ""


def _fields(schema: Any, components: Any, seen: set[str]) -> Iterator[str]:
    """Yield the names of all string, object and list fields of a body, at any depth."""
    reference = schema.get("$ref", "")
    if reference in seen:
        return
    seen = seen | {reference} if reference else seen
    schema = resolved(schema, components)
    for field, inner in schema.get("properties", {}).items():
        if resolved(inner, components).get("type") not in ("integer", "boolean", "number"):
            yield field
        yield from _fields(inner, components, seen)
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], components, seen)


def test_the_rule_of_use_sees_what_code_names() -> None:
    """S-051: SQL texts, f-strings and identifiers count, docstrings do not; where the rule looks there is something to find."""
    words = words_in(ROOT / "services/ingest/store/recipients.py")
    assert {"consumers", "personal", "GUARDIAN"} <= words
    assert "ciphertext" not in words, "a docstring's word"
    used = [path for path in python("services") if "/store/" in name(path) and "personal" in words_in(path)]
    assert len(used) > 5
