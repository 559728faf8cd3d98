"""Leaves out what libraries load although no service uses it: 11 MB of the 82 MB that are a process's own once it is loaded.

To be imported before the libraries. None in `sys.modules` is Python's word for a module that is not to be had.
"""

import sys
from types import ModuleType
from typing import Any, Final, cast

_OPTIONAL: Final = ("rich", "pydantic.v1")
"""Asked for by who does without them. Coloured tracebacks for structlog, which ours has no use for (the package is there for the tests' sake only);
FastAPI looks for models of pydantic 1 in every annotation, to refuse them."""
_SESSIONS: Final = ("sqlalchemy.ext.asyncio.session", "sqlalchemy.ext.asyncio.scoping")
"""What brings SQLAlchemy's object-relational half along with its asynchronous connections."""


class _Empty(ModuleType):
    """A module in which every name is None."""

    def __getattr__(self, name: str) -> None:
        return None


for _name in _OPTIONAL:
    sys.modules.setdefault(_name, cast("Any", None))
for _name in _SESSIONS:
    sys.modules.setdefault(_name, _Empty(_name))
