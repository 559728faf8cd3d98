"""Guesses how CSV exports are to be read: encoding, separator, date order and which column is what, each with its reason (domain 3.6, N-86).

A guess names columns and counts, never a value; what is ambiguous is left for a person, because a swapped day and month is worse than a question.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.ingest.domain.csv_rows import read_row
from services.ingest.domain.forbidden_fields import forbidden_name
from services.ingest.domain.lines import Lines
from services.ingest.domain.read_record import RecordRefusedError

MOST_ROWS: Final = 2000
_SHARE: Final = 0.6
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_EMAIL: Final = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[a-z]{2,}", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[ T].*)?", re.ASCII)
_TITLES: Final[dict[str, str]] = {
    "foreign_id": "patientid patid patnum patientnumber customerid customernumber customerno customer# id acct accountnumber chartnumber custno",
    "first_name": "first firstname fname givenname",
    "last_name": "last lastname lname surname familyname",
    "preferred_name": "preferred preferredname nickname goesby salutationname",
    "company": "company companyname business businessname fleetname",
    "email": "email emailaddress mail patientemail customeremail emailaddr",
    "phone": "cell cellphone mobile mobilephone wirelessphone phone phonenumber homephone",
    "birth_on": "birthdate birthday dob dateofbirth born",
    "language": "language preferredlanguage lang",
    "status": "status patstatus patientstatus customerstatus active",
    "email_ok": "oktoemail emailok emailoptin okformarketing marketingok optin emailconsent allowemail",
    "guarantor": "guarantor guarantorid guarantorno respparty responsibleparty headofhousehold familyid",
    "updated_on": "updated updatedon lastupdated modified lastmodified datemodified",
    "next_visit_on": "nextvisit nextappt nextappointment nextapptdate nextappointmentdate",
    "next_visit_time": "nextvisittime nextappttime nextappointmenttime",
    "last_visit_on": "lastvisit lastvisitdate lastappt lastseen lastservicedate dateoflastvisit",
    "recare_on": "recalldate recalldue recare recaredate recaredue nextrecall continuingcaredue duedate",
    "recare_kind": "recalltype recaretype continuingcaretype",
    "vin": "vin vinnumber",
    "plate": "plate licenseplate license tag platenumber",
    "make": "make vehiclemake",
    "model": "model vehiclemodel",
    "model_year": "year modelyear vehicleyear yr",
    "odometer": "odometer mileage miles odometerreading milesin odo",
    "order_id": "ro ro# ronumber rono repairorder repairordernumber invoice invoicenumber ordernumber",
    "order_on": "rodate invoicedate orderdate dateclosed posteddate",
    "order_total": "rototal invoicetotal ordertotal total totalsales amount",
    "declined": "declinedwork declined declinedservices recommendations",
    "appointment_id": "apptid appointmentid aptnum apptnum appointmentnumber",
    "consumer": "patientid patid patnum customerid patientnumber customernumber",
    "starts_on": "apptdate appointmentdate aptdatetime date startdate start starttime",
    "starts_time": "appttime appointmenttime time starttime",
    "ends_time": "endtime end apptend",
    "minutes": "minutes duration length mins",
    "appointment_status": "apptstatus appointmentstatus status aptstatus",
    "provider": "provider doctor dentist dr provname advisor technician",
}
_PERSON: Final = frozenset(_TITLES) - frozenset(
    ("appointment_id", "consumer", "starts_on", "starts_time", "ends_time", "minutes", "appointment_status", "provider")
)
_APPOINTMENT: Final = frozenset(_TITLES) - _PERSON
_DATED: Final = frozenset(
    ("birth_on", "updated_on", "next_visit_on", "last_visit_on", "recare_on", "order_on", "starts_on")
)


@dataclass(frozen=True, slots=True)
class _Look:
    """A file's beginning, read under its likely encoding and separator."""

    encoding: str
    why_encoding: str
    separator: str
    titles: list[str]
    rows: list[list[str]]

    def cells(self, title: str) -> list[str]:
        """Return the non-empty cells of a column."""
        place = self.titles.index(title)
        return [row[place] for row in self.rows if len(row) == len(self.titles) and row[place]]


def propose(folder: str, files: list[tuple[str, bytes]]) -> str:
    """Return a configuration in TOML for files given by name and beginning (up to 1 MB), every choice with its reason as a comment."""
    shown = folder.replace("\\", "/").replace('"', "")
    lines = [
        "[ingest]",
        'url = "https://ingest.your-domain.tld"',
        'connection_id = ""  # from POST /v1/connections',
        'client_id = ""  # the secret: DUEBACK_CLIENT_SECRET',
        "",
        "[source]",
        f'folder = "{shown}"',
        'zone = ""  # zone of the location, as "America/Los_Angeles"',
    ]
    for name, beginning in files:
        lines += ["", *_file(name, beginning)]
    if not files:
        lines += ["", "# no file *.csv, *.txt or *.tsv in this folder"]
    return "\n".join(lines)


def _file(name: str, beginning: bytes) -> list[str]:
    look = _look_at(beginning)
    if look is None:
        return [f"# {_quoted(name)}: no table of two columns or more, left out"]
    columns, reasons = _columns(look)
    rows = "appointment" if "appointment_id" in columns else "person"
    needed = "appointment_id" if rows == "appointment" else "foreign_id"
    if needed not in columns:
        return [f"# {_quoted(name)}: no column that looks like the key of a patient, customer or appointment, left out"]
    order, why_order = _date_order(look, columns)
    lines = [
        "[[source.files]]",
        f"pattern = {_quoted(_pattern(name))}",
        f'rows = "{rows}"  # {len(look.rows)} rows looked at',
        f'encoding = "{look.encoding}"  # {look.why_encoding}',
        f"separator = {_quoted(look.separator)}  # {_SEPARATORS[look.separator]}: {len(look.titles)} columns in every row",
        f'dates = "{order}"  # {why_order}',
        "whole = false  # true if the file always names everybody: who is no longer in it is then taken for gone",
        "[source.files.columns]",
        *(f"{field} = {_quoted(title)}  # {reasons[field]}" for field, title in columns.items()),
    ]
    forbidden = [title for title in look.titles if forbidden_name(title)]
    ignored = [title for title in look.titles if title not in columns.values() and title not in forbidden]
    if forbidden:
        lines.append(f"# never read: {', '.join(map(_quoted, forbidden))}")
    if ignored:
        lines.append(f"# not taken: {', '.join(map(_quoted, ignored))}")
    return lines


def _look_at(beginning: bytes) -> _Look | None:
    encoding, why = _encoding(beginning)
    charset = "cp1252" if encoding == "windows-1252" else "utf-8"
    best: _Look | None = None
    for separator in _SEPARATORS:
        rows = _rows(beginning, separator, charset)
        if not rows or len(rows[0]) < 2:
            continue
        same = sum(len(row) == len(rows[0]) for row in rows)
        if same >= len(rows) * _SHARE and (best is None or len(rows[0]) > len(best.titles)):
            best = _Look(encoding, why, separator, rows[0], rows[1:])
    return best


def _encoding(beginning: bytes) -> tuple[str, str]:
    if beginning.startswith(b"\xef\xbb\xbf"):
        return "utf-8", "begins with a UTF-8 mark"
    try:
        beginning[: beginning.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252", "holds octets that are no UTF-8"
    return "utf-8", "plain ASCII" if beginning.isascii() else "every letter is valid UTF-8"


def _rows(beginning: bytes, separator: str, charset: str) -> list[list[str]]:
    cutter, rows = Lines(quoted=True), list[list[str]]()
    for chunk in (*cutter.feed(beginning[: beginning.rfind(b"\n") + 1 or None]), *cutter.finish()):
        for line in chunk.lines[:MOST_ROWS]:
            try:
                row = [cell.strip() for cell in read_row(line, separator, charset)] if line else []
            except RecordRefusedError:
                continue
            if any(row) and len(rows) <= MOST_ROWS:
                rows.append(row)
    return rows


def _columns(look: _Look) -> tuple[dict[str, str], dict[str, str]]:
    """Return field to title, and field to reason: by title first, then an e-mail column by what stands in it."""
    squeezed = {title: re.sub(r"[^a-z0-9#]", "", title.lower()) for title in look.titles if not forbidden_name(title)}
    wanted = _PERSON
    if set(squeezed.values()) & set(_TITLES["appointment_id"].split()):
        wanted = _APPOINTMENT
    columns: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for field in (field for field in _TITLES if field in wanted):
        for word in _TITLES[field].split():
            title = next(
                (title for title, short in squeezed.items() if short == word and title not in columns.values()), None
            )
            if title is not None and field not in columns:
                columns[field], reasons[field] = title, f"by its title; {len(look.cells(title))} cells are filled"
    if "email" in wanted and "email" not in columns:
        for title in squeezed:
            cells = look.cells(title)
            hits = sum(bool(_EMAIL.fullmatch(cell)) for cell in cells)
            if cells and hits >= len(cells) * _SHARE and title not in columns.values():
                columns["email"], reasons["email"] = title, f"{hits} of {len(cells)} cells look like addresses"
                break
    return columns, reasons


def _date_order(look: _Look, columns: dict[str, str]) -> tuple[str, str]:
    """Return the order of day and month with its reason; empty, which is refused, when the file does not tell."""
    first_high = second_high = iso = dates = 0
    for field in _DATED & set(columns):
        for cell in look.cells(columns[field]):
            found = _DATE.fullmatch(cell)
            if not found:
                continue
            dates += 1
            iso += len(found[1]) == 4
            first_high += len(found[1]) < 3 and int(found[1]) > 12
            second_high += len(found[1]) < 3 and int(found[2]) > 12
    if dates == iso:
        return "iso", f"{iso} dates begin with the year" if iso else "no dates"
    if second_high and not first_high:
        return "mdy", f"{second_high} dates have a second number over 12, none a first"
    if first_high and not second_high:
        return "dmy", f"{first_high} dates have a first number over 12, none a second"
    return "", 'AMBIGUOUS: write "mdy" if 03/04 is March 4, "dmy" if it is April 3'


def _pattern(name: str) -> str:
    """A name with a date in it changes every night: digits become a star."""
    return re.sub(r"\d{4,}([-_.]?\d{2,})*", "*", name)


def _quoted(value: str) -> str:
    """Return a basic string of TOML 1.0."""
    escaped = "".join(
        f"\\u{ord(letter):04x}" if ord(letter) < 32 or letter in '"\\\x7f' else letter for letter in value
    )
    return f'"{escaped}"'
