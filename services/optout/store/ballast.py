"""A file that takes up room while there is room, and is given up when the disk is full, so that opting out goes on (reliability 5.4, F6).

It lies where the database's volume is (or on the volume of spool and journal, by default), and is made of real blocks, not of a hole.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.kit.logs import log

RELEASE_BELOW: Final = 0.05
"""Share of the volume that is free; 5 % free releases the ballast."""
MAKE_ABOVE: Final = 0.10
"""Twice that, so that it is not made and given up in turns."""
_BLOCK: Final = bytes(1 << 20)


class Ballast:
    """One file of `octets` (0: none is kept)."""

    def __init__(self, path: Path, *, octets: int) -> None:
        self._path, self._octets = path, octets

    @property
    def is_missing(self) -> bool:
        """Tell whether there should be ballast and is none: it was given up, or could never be made."""
        return self._octets > 0 and not self._path.exists()

    def tend(self) -> None:
        """Give the ballast up below 5 % of free space, make it (again) above 10 % and where it fits. Blocks; raises OSError."""
        stat = os.statvfs(self._path.parent)
        free = stat.f_bavail / max(stat.f_blocks, 1)
        if free < RELEASE_BELOW:
            self.release()
        elif self.is_missing and free > MAKE_ABOVE and stat.f_bavail * stat.f_frsize > 2 * self._octets:
            self._make()

    def release(self) -> bool:
        """Give the ballast up; return whether there was any. Needs no free space and may be called from any thread."""
        try:
            self._path.unlink()
        except OSError:
            return False
        log("optout.ballast").error("ballast_released", octets=self._octets)
        return True

    def _make(self) -> None:
        """Write real blocks: a file system that compresses or copies on write keeps the promise of no `fallocate`; zeros are cheap enough."""
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._octets)
                else:
                    for _ in range(0, self._octets, len(_BLOCK)):
                        file.write(_BLOCK)
            part.replace(self._path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
