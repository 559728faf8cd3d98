"""Publishing and preview in a process of their own: an author's content may cost 2 s and 128 MB there and nothing here (S52).

One worker per call: contents are published a few times a day, and a worker that has just run a hostile template is not asked again. It gets the
processor after those that send.
"""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.mailer.content.authors import Authors
from services.mailer.content.fields import SenderFields
from services.mailer.content.findings import Compilation, ContentSource, Finding, LintRules
from services.mailer.domain.contents import CompiledContent

_ROOT: Final = Path(__file__).resolve().parents[3]
WALL_SECONDS: Final = 30.0
"""On a machine that sends at full speed, where a worker gets a twentieth of a core; the worker itself may use 2 s of CPU."""
_NICENESS: Final = 10
_authors: Final = Authors()
_LARGEST_ANSWER: Final = 1_000_000


async def compile_in_sandbox(
    source: ContentSource,
    rules: LintRules,
    *,
    owner: UUID | None = None,
    as_sent: tuple[SenderFields, str] | None = None,
    wall_seconds: float = WALL_SECONDS,
) -> Compilation:
    """Return what compile_content returns, from its own process.

    `owner` is the business whose author it is, None for stock; `as_sent` who sends it and the address of its way out, for a preview. A worker that
    died or took too long is a finding, not an error of ours. Raises AuthorsBusyError.
    """
    with _authors.admit(owner):
        return await _compile(source, rules, as_sent, wall_seconds)


async def _compile(
    source: ContentSource, rules: LintRules, as_sent: tuple[SenderFields, str] | None, wall_seconds: float
) -> Compilation:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.mailer.content.compile_worker",
        cwd=_ROOT,
        env={"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    request = json.dumps(_write(source, rules, as_sent)).encode()
    try:
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, _NICENESS)
        async with asyncio.timeout(wall_seconds):
            answer, _ = await worker.communicate(request)
    except TimeoutError:
        return _stopped()
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()
    if worker.returncode != 0 or len(answer) > _LARGEST_ANSWER:
        return _stopped()
    return _read(answer)


def _stopped() -> Compilation:
    return Compilation(
        None, (Finding("too_costly", "S52", "Publishing took more than 2 s or 128 MB and was stopped."),)
    )


def _write(source: ContentSource, rules: LintRules, as_sent: tuple[SenderFields, str] | None) -> dict[str, object]:
    lists = {"own_hosts": sorted(rules.own_hosts), "procedure_names": sorted(rules.procedure_names)}
    sender = {"sender": asdict(as_sent[0]), "optout_url": as_sent[1]} if as_sent else None
    return {"source": asdict(source), "rules": asdict(rules) | lists, "as_sent": sender}


def _read(answer: bytes) -> Compilation:
    data = json.loads(answer)
    content: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in (data["content"] or {}).items()
    }
    return Compilation(
        CompiledContent(**content) if content else None,
        tuple(Finding(**finding) for finding in data["findings"]),
        tuple(data["preview"]) if data["preview"] else None,
    )
