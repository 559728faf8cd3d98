"""What shop systems say alike, in the limits of our records: a model year, an amount in cents, a mileage read with an order, that a thing is gone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from services.ingest.domain.connector import Raw, Translation
from services.ingest.domain.source_values import key, number, tables, text, truth
from shared.schemas.source_records import OdometerReadingRecord, VehicleRecord

MOST_DISTANCE: Final = 10**8
_MOST_CENTS: Final = 10**10
_FIRST_YEAR: Final = 1886
_LAST_YEAR: Final = 2200


def gone(record: Any, prefix: str = "") -> Callable[[Raw, datetime], Translation]:
    """Return the maker of a deletion: of a record of this kind, whose key is the vendor's id behind `prefix`."""

    def make(row: Raw, at: datetime) -> Translation:
        return Translation([record(foreign_id=f"{prefix}{key(row.get('id'))}", op="delete", source_updated_at=at)])

    return make


def model_year(value: Any) -> int | None:
    """Return a year in which cars were or may be made."""
    year = number(value)
    return year if year and _FIRST_YEAR <= year <= _LAST_YEAR else None


def amount_cents(value: Any) -> int | None:
    """Return an amount given in cents, None for one that no shop takes."""
    cents = number(value)
    return cents if cents is not None and abs(cents) <= _MOST_CENTS else None


def first_phone(value: Any, flag: str) -> str:
    """Return the number of the phone whose `flag` is set, else of the first."""
    phones = sorted(tables(value), key=lambda phone: truth(phone.get(flag)) is not True)
    return text(phones[0].get("number")) if phones else ""


def vehicle_of(row: Raw, at: datetime, *, owner: str, plate: str, model: str, **more: Any) -> VehicleRecord:
    """Return a vehicle as most systems write it: id, vin, make, year; `owner` and `plate` name their fields."""
    return VehicleRecord(
        foreign_id=key(row.get("id")),
        source_updated_at=at,
        consumer=key(row.get(owner)) or None,
        vin=text(row.get("vin"), 40).upper(),
        plate=text(row.get(plate), 20).upper(),
        make=text(row.get("make")),
        model=model,
        model_year=model_year(row.get("year")),
        **more,
    )


def reading_of_order(
    order: str, vehicle: str, miles: int | None, at: datetime, *, read_at: datetime | None
) -> list[OdometerReadingRecord]:
    """Return the mileage that an order tells; 0 is a field that nobody filled."""
    if not vehicle or read_at is None or not miles or not 0 < miles <= MOST_DISTANCE:
        return []
    key_of_reading = f"order/{order}"
    return [
        OdometerReadingRecord(
            foreign_id=key_of_reading, source_updated_at=at, vehicle=vehicle, read_at=read_at, distance=miles
        )
    ]
