"""The cells of one row of a CSV export, read under the date order and zone that its mapping declares (N-50, N-86)."""

import re
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from services.ingest.domain.batch import DateOrder
from services.ingest.domain.connector import Raw
from services.ingest.domain.csv_rows import iso_date
from services.ingest.domain.read_record import RecordRefusedError
from services.ingest.domain.source_values import cents, day, is_zone, table, text

_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?\.?m?\.?", re.IGNORECASE | re.ASCII)


class Cells:
    """The cells of one row by field, read under the mapping's date order and zone; notes what could not be understood."""

    def __init__(self, raw: Raw) -> None:
        self._cells = {name: text(value) for name, value in table(raw.get("cells")).items()}
        zone = text(raw.get("zone"))
        self._zone = ZoneInfo(zone if zone and is_zone(zone) else "UTC")
        order = raw.get("dates")
        self._order: DateOrder = order if order in ("iso", "mdy", "dmy") else "iso"
        self.left_out: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._cells

    def text(self, name: str) -> str:
        """Return a cell."""
        return self._cells.get(name, "")

    def day(self, name: str) -> date | None:
        """Return a date; the time behind it plays no part."""
        written = self.text(name)
        if not written:
            return None
        try:
            found = day(iso_date(name, written.replace("T", " ").split(" ")[0], self._order))
        except RecordRefusedError:
            found = None
        if found is None and not written.startswith("0001"):
            self.left_out.append(name)
        return found

    def moment(self, on: str, at: str) -> datetime | None:
        """Return the instant of a date and a wall time, which stand in two cells or in one, in the location's zone (N-50)."""
        found = self.day(on)
        if found is None:
            return None
        clock = self._clock(self.text(at) or self.text(on).replace("T", " ").partition(" ")[2])
        if clock is None:
            self.left_out.append(at)
            return None
        return datetime.combine(found, clock, self._zone)

    def noon(self, on: str) -> datetime | None:
        """Return the middle of a day, for what has no time of its own."""
        found = self.day(on)
        return datetime.combine(found, time(12), self._zone).astimezone(UTC) if found else None

    def amount(self, name: str) -> int | None:
        """Return an amount in cents, without signs of currency and thousands."""
        return cents(self.text(name).replace("$", "").replace(",", "").strip())

    @staticmethod
    def _clock(written: str) -> time | None:
        found = _CLOCK.fullmatch(written.strip())
        if not found:
            return None
        hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").lower()
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        return time(hour, minute) if hour < 24 and minute < 60 else None
