"""The SMTP sink a bench sends to: Postfix's smtp-sink where it is installed, else our own, always in its own process.

The sink must not be the bottleneck, and its count is the witness that the sender's own figures are held against.
"""

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from deploy.local.spawn import spawn

ROOT = Path(__file__).parents[2]
START_SECONDS = 10.0
MOST_SESSIONS = 500
Choice = Literal["auto", "postfix", "own"]


@dataclass
class Sink:
    """A running sink. `messages` and `recipients` (distinct ones, None if not counted) are known once it has stopped."""

    name: str
    port: int
    pid: int
    messages: int = 0
    recipients: int | None = None
    taken_at: dict[str, float] = field(default_factory=dict)
    """The monotonic moment of each recipient's last message; our own sink tells it."""


def find_smtp_sink() -> str | None:
    """Postfix's test program, if it is installed and we may run it (as root it must become `nobody`)."""
    program = shutil.which(
        "smtp-sink", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    )
    if program and os.geteuid() == 0:
        with contextlib.suppress(KeyError):
            return program if pwd.getpwnam("nobody") else None
        return None
    return program


@contextlib.contextmanager
def open_sink(choice: Choice = "auto", *, late_ms: int = 0) -> Iterator[Sink]:
    """Runs a sink on a free loopback port for the length of the block; afterwards its counts are filled in.

    One that answers every command `late_ms` late is always our own.
    """
    program = None if choice == "own" or late_ms else find_smtp_sink()
    if choice == "postfix" and program is None:
        raise RuntimeError("smtp-sink is not installed: install the package postfix, or leave --sink out")
    with tempfile.TemporaryFile() as output:
        if program:
            sink, process = start_postfix(program, output)
        else:
            sink, process = start_own(output, late_ms)
        try:
            yield sink
        finally:
            process.terminate()
            process.wait(10)
        output.seek(0)
        count_taken(sink, output.read())


def start_postfix(program: str, output: IO[bytes]) -> tuple[Sink, subprocess.Popen[bytes]]:
    """Starts smtp-sink, which is no mail server and delivers nothing; it counts on standard output with `-c`."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    for _ in range(5):
        port = free_port()
        command = [program, *user, "-c", "-m", str(MOST_SESSIONS), f"127.0.0.1:{port}", "1000"]
        process = spawn(command, stdout=output, stderr=subprocess.DEVNULL, folder=Path("/"))
        if answers(port, process):
            return Sink("smtp-sink", port, process.pid), process
        process.kill()
        process.wait()
    raise RuntimeError("smtp-sink did not start on a free loopback port")


def start_own(output: IO[bytes], late_ms: int) -> tuple[Sink, subprocess.Popen[bytes]]:
    """Starts tests/bench/fast_sink.py."""
    process = spawn([sys.executable, "-m", "tests.bench.fast_sink", str(late_ms)], stdout=output, folder=ROOT)
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        line = os.pread(output.fileno(), 16, 0)
        if line.endswith(b"\n"):
            return Sink("own fast sink", int(line), process.pid), process
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError("the bench's own sink did not start")


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """True once a connection is taken, False when the process ended or time is up."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return True
        time.sleep(0.02)
    return False


def count_taken(sink: Sink, output: bytes) -> None:
    """Reads the counts the sink left: smtp-sink rewrites one line, ours ends with JSON."""
    if sink.name == "smtp-sink":
        counts = re.findall(rb"mesg=(\d+)", output)
        sink.messages = int(counts[-1]) if counts else 0
    else:
        summary = json.loads(output.splitlines()[-1])
        sink.messages, sink.recipients = summary["messages"], summary["recipients"]
        sink.taken_at = summary["taken_at"]


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
