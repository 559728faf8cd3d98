"""The process that publishing and preview run in: reads one request, sets its own limits, answers, ends.

The limits are set after the imports, so that they bound the content's work and not the interpreter's start.
"""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from services.mailer.content.compile import compile_content
from services.mailer.content.fields import SenderFields
from services.mailer.content.findings import ContentSource, LintRules

CPU_SECONDS: Final = 2
MEMORY_OCTETS: Final = 128 * 1024 * 1024
_PAGE: Final = resource.getpagesize()


def limit_self() -> None:
    """Allow 2 s of CPU and 128 MB of address space more than is in use now; no files, no processes."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY_OCTETS, mapped + MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Answer one request from standard input on standard output."""
    request = json.loads(sys.stdin.buffer.read())
    limit_self()
    given = request["rules"]
    rules = LintRules(
        given["operator"], frozenset(given["own_hosts"]), frozenset(given["procedure_names"]), given["for_platform"]
    )
    as_sent = request["as_sent"]
    compilation = compile_content(
        ContentSource(**request["source"]),
        rules,
        sender=SenderFields(**as_sent["sender"]) if as_sent else None,
        **({"optout_url": as_sent["optout_url"]} if as_sent else {}),
    )
    sys.stdout.write(json.dumps(asdict(compilation)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
