"""Become another identity, ask to die with the parent, then exec: the first thing a child of ours runs.

A separate program and not a preexec_fn, because forking a process that has threads may hang the child (and warns from
Python 3.12 on). Standard library only; started as `python -I -S become.py PARENT SIGNAL IDENTITY PROGRAM ARGUMENT...`.
IDENTITY is `self`, `namespace:UID:GID` (a user namespace in which we appear as UID) or `user:UID:GID:PASS` (setuid;
PASS 1 keeps the right to pass folders that UID may not enter).
"""

import contextlib
import ctypes
import os
import signal
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
NOT_ALLOWED = 126  # the exit code shells use for "found, but may not be run"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, doing: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), doing)


def enter_namespace(uid: int, gid: int) -> None:
    """Appear as `uid` and `gid` in a user namespace of our own; on disk everything stays with the user we really are.

    Raises OSError where the kernel or the container refuses user namespaces.
    """
    real_uid, real_gid = os.geteuid(), os.getegid()
    _checked(_libc().unshare(CLONE_NEWUSER), "user namespaces are refused")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {real_uid} 1"),
        ("gid_map", f"{gid} {real_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def become_user(uid: int, gid: int, *, pass_folders: bool) -> None:
    """Drop root for `uid`; with `pass_folders` CAP_DAC_OVERRIDE survives, for a data folder below a home of mode 700.

    Docker's default capabilities contain CAP_DAC_OVERRIDE but not the narrower CAP_DAC_READ_SEARCH.
    """
    libc = _libc()
    if pass_folders:
        _checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "cannot keep capabilities")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if pass_folders:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        _checked(libc.capset(header, sets), "cannot keep CAP_DAC_OVERRIDE")
        _checked(
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0), "cannot pass CAP_DAC_OVERRIDE on"
        )


def die_with_parent(parent: int, number: int) -> None:
    """Receive signal `number` when `parent` dies, however it dies. To be called last: changing identity clears it."""
    _checked(_libc().prctl(PR_SET_PDEATHSIG, number, 0, 0, 0), "cannot follow the parent")
    if os.getppid() != parent:  # it died before we asked
        os._exit(128 + number)


def main(argv: list[str]) -> int:
    """Run the steps; returns only when one of them failed, with the reason on stderr."""
    parent, number, identity, program = int(argv[0]), int(argv[1]), argv[2], argv[3:]
    kind, _, rest = identity.partition(":")
    values = [int(part) for part in rest.split(":") if part]
    try:
        if kind == "namespace":
            enter_namespace(values[0], values[1])
        elif kind == "user":
            become_user(values[0], values[1], pass_folders=bool(values[2]))
        die_with_parent(parent, number)
        for blocked in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            with contextlib.suppress(OSError):
                signal.signal(blocked, signal.SIG_DFL)
        os.execv(program[0], program)  # noqa: S606 - the whole point of this file
    except OSError as error:
        sys.stderr.write(f"cannot start {program[0]}: {error.strerror}\n")
    return NOT_ALLOWED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
