"""What drives a browser in tests/browser: packages that only a machine with Chromium needs, so they have a lock and a folder of their own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.checks import REPOSITORY

PACKAGES_VARIABLE = "DUEBACK_BROWSER_PACKAGES"
_LOCK = REPOSITORY / "deploy" / "browser.txt"
_SECONDS = 300.0


def find_chromium() -> str | None:
    """The browser that Debian calls chromium; none is downloaded."""
    return shutil.which("chromium")


def browser_packages() -> Path | None:
    """The folder with the packages of deploy/browser.txt, made when it is missing; None without Chromium or when they cannot be had."""
    if find_chromium() is None:
        return None
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    folder = Path(sys.prefix) / f"browser-{digest}"
    if not folder.exists() and not _install(folder):
        return None
    return folder


def _install(folder: Path) -> bool:
    """Install beside it first, so that an interrupted set-up leaves nothing that looks whole."""
    installer = Path(sys.prefix) / "tools" / "bin" / "uv"
    if not installer.exists():
        return False
    try:
        fresh = tempfile.mkdtemp(prefix="browser-new-", dir=folder.parent)
    except OSError:
        return False
    command = [
        str(installer),
        "pip",
        "install",
        "--quiet",
        "--no-cache",
        "--python",
        sys.executable,
        "--require-hashes",
    ]
    try:
        subprocess.run(
            [*command, "--target", fresh, "-r", str(_LOCK)], check=True, timeout=_SECONDS, capture_output=True
        )
        os.replace(fresh, folder)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(fresh, ignore_errors=True)
        return folder.exists()
    return True
