"""Vendors' servers as their descriptions say, with the samples' things behind them: paging, tokens that run out, filters by change."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fixtures.vendor import Asked, Reply
from tests.ingest.connectors.runs import CONNECTORS, Runner, sample_items
from tests.ingest.practice import Practice

PAGE: Final = 2
"""So many things a page, whatever was asked for: every listing of a sample has several."""


def things(slug: str) -> dict[str, list[dict[str, Any]]]:
    """Return a sample's things by resource, the last version of each."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for item in sample_items(slug):
        for name, body in (item.raw or {}).items():
            if name != "zone" and not body.get("deleted"):
                found.setdefault(name, {})[str(body["id"])] = body
    return {name: list(bodies.values()) for name, bodies in found.items()}


@dataclass
class _Server:
    """What all have in common: things, a token and how often it runs out."""

    things: dict[str, list[dict[str, Any]]]
    tokens: int = 0
    expires_after: int = 1000
    left: int = 0
    outside: list[str] = field(default_factory=list)

    def _new_token(self) -> str:
        self.tokens += 1
        self.left = self.expires_after
        return f"token-{self.tokens}"

    def _is_authorized(self, asked: Asked, header: str = "authorization") -> bool:
        self.left -= 1
        return asked.headers.get(header) == f"Bearer token-{self.tokens}" and self.left >= 0


class NexHealth(_Server):
    """API v3: cursors, versions by header, an envelope with `data` and `page_info`."""

    read_status = "green"

    def answer(self, asked: Asked) -> Reply:
        """Answer as its description says."""
        name = asked.path.strip("/")
        assert asked.headers["nex-api-version"] == "v3.0.0"
        if name == "authenticates":
            assert (asked.method, asked.headers["authorization"]) == ("POST", "nex-key")
            return Reply({"code": True, "data": {"token": self._new_token()}}, 201)
        if not self._is_authorized(asked):
            return Reply({"code": False, "error": ["expired"]}, 401)
        assert asked.params["subdomain"] == "bright"
        if name == "sync_status":
            status = {
                "read_status": self.read_status,
                "read_status_at": "2026-02-27T10:00:00Z",
                "locations": [{"id": 7}],
            }
            return Reply({"code": True, "data": [status]})
        assert asked.params["location_id"] == "7"
        name, _, one = name.partition("/")
        if one:
            found = [row for row in self.things[name] if str(row["id"]) == one]
            return Reply({"code": True, "data": found[0] if found else None}, 200 if found else 404)
        if name == "appointments":
            assert asked.params["start"] < "2026-03-01" < asked.params["end"]
        rows = [row for row in self.things[name] if row["updated_at"] >= asked.params.get("updated_since", "")]
        start = int(asked.params.get("end_cursor", "0"))
        page = {
            "has_next_page": start + PAGE < len(rows),
            "end_cursor": str(start + PAGE),
            "has_previous_page": start > 0,
        }
        return Reply({"code": True, "data": rows[start : start + PAGE], "error": [], "page_info": page})


class ShopWare(_Server):
    """Partner API: v1 numbers its pages, v2 gives cursors; two headers of credentials."""

    def answer(self, asked: Asked) -> Reply:
        """Answer as its description says."""
        assert (asked.headers["x-api-partner-id"], asked.headers["x-api-secret"]) == ("partner", "sw-secret")
        _, _, version, _, tenant, name, *rest = asked.path.split("/")
        assert tenant == "9"
        hidden = {"customer_id"} if name in ("vehicles", "past_recommendations", "appointments") else set()
        rows = [{field: value for field, value in row.items() if field not in hidden} for row in self.things[name]]
        if rest:
            found = [row for row in rows if str(row["id"]) == rest[0]]
            return Reply(found[0] if found else {}, 200 if found else 404)
        rows = [row for row in rows if row["updated_at"] >= asked.params.get("updated_after", "")]
        if "vehicle_id" in asked.params:
            rows = [row for row in rows if str(row["vehicle_id"]) == asked.params["vehicle_id"]]
        if "start_after" in asked.params:
            rows = [row for row in rows if row["start_at"] >= asked.params["start_after"]]
        if version == "v1":
            page = int(asked.params["page"])
            body = {
                "results": rows[(page - 1) * PAGE : page * PAGE],
                "current_page": page,
                "total_pages": -(-len(rows) // PAGE),
            }
            return Reply(body | {"total_count": len(rows), "limit": PAGE, "limited": False})
        start = int(asked.params.get("cursor", "0"))
        body = {
            "results": rows[start : start + PAGE],
            "cursor": str(start + PAGE),
            "has_next_page": start + PAGE < len(rows),
        }
        return Reply(body | {"limit": PAGE})


class Tekmetric(_Server):
    """API v1: OAuth client credentials, pages numbered from 0, no deleted rows unless asked for."""

    def answer(self, asked: Asked) -> Reply:
        """Answer as the public clients of it expect."""
        name = asked.path.removeprefix("/api/v1/")
        if name == "oauth/token":
            assert asked.headers["authorization"] == "Basic Y2xpZW50OnRlay1zZWNyZXQ="
            return Reply({"access_token": self._new_token(), "token_type": "bearer", "scope": "2 5"})
        if not self._is_authorized(asked):
            return Reply({}, 401)
        assert asked.params["shop"] == "2"
        rows = [row for row in self.things[name] if row["updatedDate"] >= asked.params.get("updatedDateStart", "")]
        if "deletedDateStart" in asked.params:
            rows = [row for row in self.things[name] if (row["deletedDate"] or "") >= asked.params["deletedDateStart"]]
        elif asked.params.get("includeDeleted") != "true":
            rows = [row for row in rows if not row.get("deletedDate")]
        page = int(asked.params["page"])
        body = {
            "content": rows[page * PAGE : (page + 1) * PAGE],
            "number": page,
            "last": (page + 1) * PAGE >= len(rows),
        }
        return Reply(body | {"totalPages": -(-len(rows) // PAGE), "totalElements": len(rows)})


def _rows(table: str) -> list[dict[str, Any]]:
    """The sample's rows of a table, the last of each key, without our own marks."""
    found = {}
    for item in sample_items("open_dental"):
        row = dict((item.raw or {}).get(table) or {})
        if row and not row.pop("deleted", False):
            row.pop("is_confirmed", None)
            found[next(iter(row.values()))] = row
    return list(found.values())


class OpenDental:
    """Open Dental's API with the sample's rows, its paging by Offset and its read-only queries."""

    may_query: bool
    clock: str = "2026-03-01 06:00:00"

    def __init__(self) -> None:
        self.tables = {
            table: _rows(table)
            for table in ("patient", "appointment", "recall", "commoptout", "guardian", "patientlink")
        }
        self.may_query = True

    def answer(self, asked: Asked) -> Reply:
        """Answer as its description says."""
        assert asked.headers["authorization"] == "ODFHIR dev-secret/cust-secret"
        path = asked.path.removeprefix("/api/v1/").removeprefix("/")
        if path == "queries/ShortQuery" and " from " not in json.loads(asked.body)["SqlCommand"]:
            return Reply([{"at_server": self.clock}] if self.may_query else {}, 200 if self.may_query else 403)
        if path == "queries/ShortQuery":
            table = json.loads(asked.body)["SqlCommand"].partition(" from ")[2].split()[0]
            return self._page(self.tables[table], asked) if self.may_query else Reply({}, 403)
        if path.startswith("appointments/"):
            found = [row for row in self.tables["appointment"] if str(row["AptNum"]) == path.rpartition("/")[2]]
            return Reply(found[0] if found else {}, 200 if found else 404)
        if path == "recalltypes":
            return Reply([{"RecallTypeNum": 1, "Description": "Prophy"}])
        table = {"patients/Simple": "patient", "appointments": "appointment", "recalls": "recall"}[path]
        rows = self.tables[table]
        if "dateStart" in asked.params:
            rows = [
                row
                for row in rows
                if row["AptDateTime"] >= asked.params["dateStart"] and row["AptStatus"] in ("Scheduled", 1)
            ]
        return self._page([row for row in rows if row["DateTStamp"] >= asked.params.get("DateTStamp", "")], asked)

    @staticmethod
    def _page(rows: list[dict[str, Any]], asked: Asked) -> Reply:
        start = int(asked.params.get("Offset", "0"))
        return Reply(rows[start : start + 100])


Make = Callable[[], Any]
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "open_dental": {"developer_key": "dev-secret", "customer_key": "cust-secret", "zone": "America/Chicago"},
    "nexhealth": {"api_key": "nex-key", "subdomain": "bright", "location_id": 7},
    "shop_ware": {"partner_id": "partner", "api_secret": "sw-secret", "tenant_id": 9},
    "tekmetric": {"client_id": "client", "client_secret": "tek-secret", "shop_id": 2},
}
SERVERS: Final[dict[str, Make]] = {
    "open_dental": OpenDental,
    "nexhealth": lambda: NexHealth(things("nexhealth")),
    "shop_ware": lambda: ShopWare(things("shop_ware")),
    "tekmetric": lambda: Tekmetric(things("tekmetric")),
}


def runner_of(slug: str, url: str, folder: Path, practice: Practice | None = None) -> Runner:
    """Return a runner of a vendor's connector against a server."""
    settings = CONNECTORS[slug].settings.model_validate(SETTINGS[slug] | {"url": url})
    return Runner(CONNECTORS[slug], settings, folder, practice)
