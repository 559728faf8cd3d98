"""The wire is additive: what was promised stays."""

import pytest

from tests.schemas.snapshot import MODULES, broken_promises, kept, present


@pytest.mark.parametrize("module", MODULES)
def test_the_wire_keeps_every_promise(module: str) -> None:
    """Architecture 6: additive only; a removed field, a narrowed type, a new required input fails."""
    promises = [
        broken
        for name, old in kept(module).items()
        for broken in broken_promises(old, present(module).get(name, {}), name)
    ]
    assert promises == []


@pytest.mark.parametrize("module", MODULES)
def test_the_snapshot_is_fresh(module: str) -> None:
    """After an additive change: `python -m tests.schemas.snapshot`."""
    assert present(module) == kept(module)


def test_a_removed_field_and_a_new_required_one_are_noticed() -> None:
    """The check itself can fail."""
    old = {"properties": {"a": {"type": "string"}}, "required": ["a"]}
    new = {"properties": {"b": {"type": "string"}}, "required": ["a", "b"]}
    assert set(broken_promises(old, new, "M")) == {"M.b became required", "M.properties.a removed"}
