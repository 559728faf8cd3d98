"""Shop-Ware, a shop system for auto repair, Partner API v1 and v2 (domain 3.5).

Its vehicles and appointments do not say whose they are: the repair orders do, so these are read first. Things are deleted without a trace there:
all appointments that lie ahead are listed each time, everything else once a day, and what is missing is gone (N-44).
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
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
    Web,
    begun_at,
)
from services.ingest.domain.paging import Turns
from services.ingest.domain.shop_ware_records import translate
from services.ingest.domain.source_values import (
    key,
    number,
    table,
    tables,
    text,
    truth,
)
from services.ingest.domain.vanished import remember, vanished

_PAGE: Final = 100
_OVERLAP: Final = timedelta(minutes=10)
_MOST_OWNERS: Final = 1_000_000
_COUNTED: Final = ("customers", "vehicles", "past_recommendations")
"""What is deleted, and customers merged into others, without a trace in its listings."""


class ShopWareSettings(BaseModel):
    """The tenant, its shop and the partner's credentials."""

    model_config = ConfigDict(extra="forbid")

    partner_id: str = Field(min_length=1, description="X-Api-Partner-Id of the integration")
    api_secret: SecretStr = Field(min_length=1, description="X-Api-Secret of the integration")
    tenant_id: int = Field(ge=1, description="id of the tenant that authorised it")
    shop_id: int | None = Field(default=None, ge=1, description="one shop of the tenant; else all")
    url: str = Field(default="https://api.shop-ware.com", description="base URL of the API")


class _Tenant:
    """One run at one tenant; remembers whose vehicles and orders it has seen (two whole numbers each)."""

    def __init__(self, settings: ShopWareSettings, reading: Reading, web: Web) -> None:
        self._settings, self._reading, self._web = settings, reading, web
        self._since = reading.cursor.get("since", "")
        self._owners: dict[str, str] = {}
        self._orders: dict[str, str] = {}

    async def everything(self) -> AsyncIterator[Found]:
        """Yield customers, orders, vehicles, recommendations and appointments."""
        async for row in self._numbered("customers", self._since):
            if self._is_ours(row):
                yield self._item("customers", row)
        shop = {"shop_id": self._settings.shop_id} if self._settings.shop_id else {}
        async for row in self._by_cursor("repair_orders", shop | {"associations[]": "services"}, self._since):
            self._learn(row)
            yield self._item("repair_orders", row)
        async for item in self._vehicles():
            yield item
        async for row in self._numbered("past_recommendations", self._since):
            owner = await self._owner_of(key(row.get("vehicle_id")))
            yield self._item("past_recommendations", row | {"customer_id": owner})
        future: set[str] = set()
        async for item in self._appointments(shop, future):
            yield item
        there = {name: self._reading.cursor.get(name, "") for name in ("counted_on", *_COUNTED)}
        if there["counted_on"] != self._reading.now.date().isoformat():
            async for item in self._gone(there):
                yield item
        since = (begun_at(self._reading, self._web) - _OVERLAP).isoformat()
        yield Mark(there | {"since": since, "future": remember(future)})

    async def _gone(self, there: dict[str, str]) -> AsyncIterator[SourceItem]:
        """Once a day: yield deletions of what was there the last time and is not any more, and note in `there` what is."""
        for name in _COUNTED:
            present = {key(row.get("id")) async for row in self._numbered(name, "")}
            for found in vanished(self._reading.cursor, name, present):
                answer = await self._web.ask("GET", self._path("v1", f"{name}/{found}"), accept=(200, 404))
                if answer.status == 404:
                    yield self._item(name, {"id": found, "deleted": True})
            there[name] = remember(present)
        there["counted_on"] = self._reading.now.date().isoformat()

    async def _appointments(self, shop: dict[str, Any], future: set[str]) -> AsyncIterator[SourceItem]:
        """Yield appointments that changed, all that lie ahead (their keys into `future`), and deletions of those that the last run saw ahead."""
        ahead = shop | {"start_after": self._reading.now.isoformat()}
        for params, since in ((shop, self._since), (ahead, "")):
            async for row in self._by_cursor("appointments", params, since):
                yield self._item(
                    "appointments", row | {"customer_id": await self._customer_of(key(row.get("repair_order_id")))}
                )
                if params is ahead:
                    future.add(key(row.get("id")))
        for found in vanished(self._reading.cursor, "future", future):
            answer = await self._web.ask("GET", self._path("v1", f"appointments/{found}"), accept=(200, 404))
            if answer.status == 404:
                yield self._item("appointments", {"id": found, "deleted": True})

    async def _vehicles(self) -> AsyncIterator[SourceItem]:
        """Yield vehicles that changed, and those that an order of this run gave to somebody."""
        listed: set[str] = set()
        async for row in self._numbered("vehicles", self._since):
            listed.add(key(row.get("id")))
            yield self._item("vehicles", row | {"customer_id": await self._owner_of(key(row.get("id")))})
        for vehicle in sorted(set(self._owners) - listed) if self._since else ():
            answer = await self._web.ask("GET", self._path("v1", f"vehicles/{vehicle}"), accept=(200, 404))
            if answer.status == 200:  # an order may name a vehicle that is deleted by now
                yield self._item("vehicles", table(answer.read_json()) | {"customer_id": self._owners[vehicle]})

    def _is_ours(self, row: Raw) -> bool:
        shops = row.get("shop_ids")
        return (
            self._settings.shop_id is None
            or not isinstance(shops, list)
            or not shops
            or self._settings.shop_id in shops
        )

    def _learn(self, row: Raw) -> None:
        order, person, vehicle = (key(row.get(name)) for name in ("id", "customer_id", "vehicle_id"))
        if person and len(self._owners) < _MOST_OWNERS and len(self._orders) < _MOST_OWNERS:
            self._orders[order] = person
            if vehicle:
                self._owners[vehicle] = person

    async def _owner_of(self, vehicle: str) -> str:
        """Return whose a vehicle is: who brought it last. The first run has read every order; a later one asks."""
        if vehicle and vehicle not in self._owners and self._since:
            answer = table(
                await self._web.get(self._path("v2", "repair_orders"), {"vehicle_id": vehicle, "per_page": 1})
            )
            for row in tables(answer.get("results")):
                self._learn(row | {"vehicle_id": row.get("vehicle_id") or vehicle})
            self._owners.setdefault(vehicle, "")
        return self._owners.get(vehicle, "")

    async def _customer_of(self, order: str) -> str:
        if order and order not in self._orders:
            answer = await self._web.ask("GET", self._path("v1", f"repair_orders/{order}"), accept=(200, 404))
            self._orders[order] = ""
            if answer.status == 200:
                self._learn(table(answer.read_json()))
        return self._orders.get(order, "")

    def _path(self, version: str, name: str) -> str:
        return f"api/{version}/tenants/{self._settings.tenant_id}/{name}"

    def _item(self, name: str, row: Raw) -> SourceItem:
        return SourceItem({name: row}, self._reading.now)

    async def _numbered(self, name: str, since: str) -> AsyncIterator[Raw]:
        """Yield a listing of v1, which numbers its pages."""
        turns, page = Turns(name), 1
        asked = {"per_page": _PAGE} | ({"updated_after": since} if since else {})
        while True:
            answer, rows = await self._page("v1", name, asked | {"page": page})
            for row in rows:
                yield row
            pages = number(answer.get("total_pages"))
            if not rows or (pages is not None and page >= pages):
                return
            turns.turn(f"{page}:{key(rows[0].get('id'))}")
            page += 1

    async def _by_cursor(self, name: str, params: dict[str, Any], since: str) -> AsyncIterator[Raw]:
        """Yield a listing of v2, which gives a cursor."""
        turns, cursor = Turns(name), ""
        asked = params | {"per_page": _PAGE} | ({"updated_after": since} if since else {})
        while True:
            answer, rows = await self._page("v2", name, asked | ({"cursor": cursor} if cursor else {}))
            for row in rows:
                yield row
            cursor = text(answer.get("cursor"), 4000)
            if truth(answer.get("has_next_page")) is not True:
                return
            if not cursor:
                raise SourceFailedError(f"Shop-Ware said that more {name} follow, and not where.")
            turns.turn(cursor)

    async def _page(self, version: str, name: str, params: dict[str, Any]) -> tuple[Raw, list[Raw]]:
        answer = table(await self._web.get(self._path(version, name), params))
        if not isinstance(answer.get("results"), list):
            raise SourceFailedError(f"Shop-Ware answered {name} without results.")
        return answer, tables(answer.get("results"))


async def read(settings: ShopWareSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield what changed since the last run, and what is gone."""

    async def sign(_: Web) -> Mapping[str, str]:
        return {"X-Api-Partner-Id": settings.partner_id, "X-Api-Secret": settings.api_secret.get_secret_value()}

    async for found in _Tenant(settings, reading, reading.open_web(settings.url, sign=sign)).everything():
        yield found


CONNECTOR: Final = Connector(
    slug="shop_ware",
    description="Shop-Ware, shop system for auto repair",
    settings=ShopWareSettings,
    read=read,
    translate=translate,
    needs="partner id and secret of an integration that the tenant has authorised; the tenant's id",
    reads="customers, repair_orders with services, vehicles, past_recommendations, appointments; names, contact, marketing_ok, dates, mileage",
)
