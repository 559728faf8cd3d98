"""Tekmetric, a shop system for auto repair, API v1 (domain 3.5). A job that was not authorised on a finished order is work declined."""

import base64
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.ingest.domain.connector import (
    Connector,
    Found,
    Mark,
    Raw,
    Reading,
    SourceFailedError,
    SourceItem,
    Translation,
    Web,
    begun_at,
)
from services.ingest.domain.paging import Turns
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.shop_values import amount_cents, first_phone, gone, reading_of_order, vehicle_of
from services.ingest.domain.source_values import (
    careful,
    instant,
    key,
    kind,
    minutes_between,
    number,
    only_one,
    table,
    tables,
    text,
    truth,
)
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ServiceLineRecord, VehicleRecord

_PAGE: Final = 100
_OVERLAP: Final = timedelta(days=1)
"""Its filters are days, in the shop's zone."""
_COMPLETE, _POSTED, _RECEIVABLE, _DELETED = 3, 5, 6, 7
_STATUSES: Final = {
    **dict.fromkeys(("", "none", "scheduled", "booked", "not_started", "not_confirmed", "unconfirmed"), "booked"),
    "confirmed": "confirmed",
    "arrived": "arrived",
    **dict.fromkeys(("canceled", "cancelled"), "cancelled"),
    **dict.fromkeys(("no_show", "noshow"), "no_show"),
    **dict.fromkeys(("completed", "complete"), "completed"),
}


class TekmetricSettings(BaseModel):
    """The shop and the API client."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=1, description="id of the API client")
    client_secret: SecretStr = Field(min_length=1, description="its secret")
    shop_id: int = Field(ge=1, description="id of the shop, one of those in the token's scope")
    url: str = Field(default="https://shop.tekmetric.com", description="base URL of the API")


async def read(settings: TekmetricSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield what changed since the last run, and what was deleted, which must be asked for."""
    web = reading.open_web(settings.url, sign=lambda web: _sign(settings, web))
    since = reading.cursor.get("since", "")
    shop = {"shop": settings.shop_id, "size": _PAGE}
    changed = shop | ({"updatedDateStart": since} if since else {})
    for name in ("customers", "vehicles", "appointments", "repair-orders"):
        params = changed | ({"includeDeleted": "true"} if name == "appointments" else {})
        async for row in _pages(web, name, params):
            yield SourceItem({name: row}, reading.now)
        if since and name in ("customers", "vehicles"):
            async for row in _pages(web, name, shop | {"deletedDateStart": since}):
                yield SourceItem({name: row}, reading.now)
    yield Mark({"since": (begun_at(reading, web) - _OVERLAP).date().isoformat()})


async def _sign(settings: TekmetricSettings, web: Web) -> Mapping[str, str]:
    """Return the header with a token (OAuth 2 client credentials, the client by Basic)."""
    pair = f"{settings.client_id}:{settings.client_secret.get_secret_value()}".encode()
    headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    form = {"grant_type": "client_credentials"}
    answer = await web.ask("POST", "api/v1/oauth/token", form=form, headers=headers, signed=False)
    said = table(answer.read_json())
    token, shops = text(said.get("access_token"), 8000), text(said.get("scope"), 8000).split()
    if not token:
        raise SourceFailedError("Tekmetric gave no token.")
    if shops and str(settings.shop_id) not in shops:
        raise SourceFailedError("Tekmetric's token does not cover this shop: shop_id must be one of its scope.")
    return {"Authorization": f"Bearer {token}"}


async def _pages(web: Web, name: str, params: dict[str, Any]) -> AsyncIterator[Raw]:
    turns, page = Turns(name), 0
    while True:
        answer = table(await web.get(f"api/v1/{name}", params | {"page": page}))
        rows = answer.get("content")
        if not isinstance(rows, list):
            raise SourceFailedError(f"Tekmetric answered {name} without content.")
        for row in tables(rows):
            yield row
        if (
            not rows or truth(answer.get("last")) is True
        ):  # one that does not say whether it is the last is not taken for it
            return
        turns.turn(f"{page}:{key(tables(rows)[0].get('id')) if tables(rows) else ''}")
        page += 1


def translate(item: SourceItem) -> Translation:
    """Return the records of one thing, given as {resource: thing}. Nothing that a source sends makes this raise."""
    what, row, _ = only_one(item.raw)
    what = what.replace("-", "_")
    deleted_at = instant(row.get("deletedDate"))
    at = max(filter(None, (instant(row.get("updatedDate")), deleted_at)), default=item.seen_at)
    return careful(_GONE if deleted_at else _MAKERS, what, row, at, id_field="id")


def _customer(row: Raw, at: datetime) -> Translation:
    business = number(table(row.get("customerType")).get("id") or row.get("customerType")) == 2
    first, last = text(row.get("firstName")), text(row.get("lastName"))
    if business:
        last = last or first
        first = text(row.get("contactFirstName"))
    refuses = truth(row.get("okForMarketing")) is False
    record = ConsumerRecord(
        foreign_id=key(row.get("id")),
        source_updated_at=at,
        first_name=first,
        last_name=last,
        email=text(row.get("email")),
        phone=first_phone(row.get("phone"), "primary"),
        email_ok=False if refuses else None,
    )
    return Translation([record])


def _vehicle(row: Raw, at: datetime) -> Translation:
    model = " ".join(filter(None, (text(row.get("model")), text(row.get("subModel")))))[:200]
    return Translation([vehicle_of(row, at, owner="customerId", plate="licensePlate", model=model)])


def _appointment(row: Raw, at: datetime) -> Translation:
    starts_at, ends_at = instant(row.get("startTime")), instant(row.get("endTime"))
    word = text(row.get("status") or row.get("appointmentStatus")).lower().replace(" ", "_").replace("-", "_")
    record = AppointmentRecord(
        foreign_id=key(row.get("id")),
        source_updated_at=at,
        consumer=key(row.get("customerId")) or None,
        starts_at=starts_at,
        minutes=minutes_between(starts_at, ends_at),
        status=_STATUSES.get(word, "held"),  # type: ignore[arg-type]
        booked_at=instant(row.get("createdDate")),
    )
    return Translation([record])


def _repair_order(row: Raw, at: datetime) -> Translation:
    """A posted order is a visit; an estimate, work in progress and a finished order that is not posted are none (N-72)."""
    order, person, vehicle = (key(row.get(name)) for name in ("id", "customerId", "vehicleId"))
    status = number(table(row.get("repairOrderStatus")).get("id") or row.get("repairOrderStatusId"))
    posted_at = instant(row.get("postedDate")) or instant(row.get("completedDate"))
    if status == _DELETED:
        return Translation([VisitRecord(foreign_id=order, op="delete", source_updated_at=at)])
    records: list[AnyRecord] = []
    miles = number(row.get("milesOut")) or number(row.get("milesIn"))
    read_at = posted_at or instant(row.get("createdDate"))
    records += reading_of_order(order, vehicle, miles, at, read_at=read_at)
    if status in (_POSTED, _RECEIVABLE) and posted_at:
        records.append(
            VisitRecord(
                foreign_id=order,
                source_updated_at=at,
                consumer=person or None,
                completed_at=posted_at,
                total_cents=amount_cents(row.get("totalSales")),
                currency="USD",
                vehicle=vehicle,
            )
        )
    if status in (_COMPLETE, _POSTED, _RECEIVABLE):
        records += [
            line for job in tables(row.get("jobs")) for line in _job(job, at, person, vehicle, done=status != _COMPLETE)
        ]
    return Translation(records) if records else Translation(skipped="order_not_posted")


def _job(job: Raw, at: datetime, person: str, vehicle: str, *, done: bool) -> list[AnyRecord]:
    found, authorized = key(job.get("id")), truth(job.get("authorized"))
    if not found:
        return []
    state = "recommended" if authorized is None else "declined" if not authorized else "done" if done else "approved"
    return [
        ServiceLineRecord(
            foreign_id=found,
            source_updated_at=at,
            consumer=person or None,
            vehicle=vehicle,
            service_kind=kind(job.get("jobCategoryName")),
            description=text(job.get("name")),
            state=state,  # type: ignore[arg-type]
            stated_at=instant(job.get("authorizedDate")) or at,
            total_cents=amount_cents(job.get("subtotal")),
            currency="USD",
        )
    ]


_MAKERS: Final = {
    "customers": _customer,
    "vehicles": _vehicle,
    "appointments": _appointment,
    "repair_orders": _repair_order,
}
_GONE: Final = {
    "customers": gone(ConsumerRecord),
    "vehicles": gone(VehicleRecord),
    "appointments": gone(AppointmentRecord),
    "repair_orders": gone(VisitRecord),
}

CONNECTOR: Final = Connector(
    slug="tekmetric",
    description="Tekmetric, shop system for auto repair",
    settings=TekmetricSettings,
    read=read,
    translate=translate,
    needs="an API client (id and secret) that the shop has authorised; the shop's id",
    reads="customers, vehicles, appointments, repair-orders with their jobs; names, contact, okForMarketing, dates, mileage, totals; no notes",
)
