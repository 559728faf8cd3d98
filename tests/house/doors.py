"""Every route of a service as a test can knock at it: who may call, worked examples, ids to fill in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.kit.app import declared_routes

Json = dict[str, Any]
_USUAL_HEADERS = {"If-Match": '"1"'}


@dataclass(frozen=True)
class Door:
    """One method of one route. `operation` is its OpenAPI description, empty for pages and plumbing that are not in it."""

    method: str
    path: str
    declaration: str
    operation: Json
    components: Json
    limit: int

    @property
    def name(self) -> str:
        """How findings call it."""
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> list[str]:
        """The scope that a client needs here."""
        return [word.removeprefix("scope:") for word in self.declaration.split() if word.startswith("scope:")]

    @property
    def services(self) -> list[str]:
        """The services that may call."""
        return [word.removeprefix("service:") for word in self.declaration.split() if word.startswith("service:")]

    @property
    def is_page(self) -> bool:
        """Whether people read its answers."""
        answers = self.operation.get("responses", {}).values()
        kinds = {kind for answer in answers for kind in answer.get("content", {})}
        return not self.operation or any(kind.startswith("text/html") for kind in kinds)

    def parameters(self, place: str) -> list[Json]:
        """Return its parameters in path, query or header."""
        return [row for row in self.operation.get("parameters", []) if row["in"] == place]

    def bodies(self) -> dict[str, Any]:
        """Return the worked example of each media type it takes."""
        content = self.operation.get("requestBody", {}).get("content", {})
        return {kind: example_of(media, self.components) for kind, media in content.items()}

    def schema(self, kind: str) -> Json:
        """Return the schema of a body."""
        found: Json = self.operation["requestBody"]["content"][kind].get("schema", {})
        return found

    def lacks(self) -> list[str]:
        """Return what has no worked example: bodies, good answers, path parameters that are not ids."""
        missing = [f"request {kind}" for kind, example in self.bodies().items() if example is None]
        for status, answer in self.operation.get("responses", {}).items():
            for kind, media in answer.get("content", {}).items():
                if status.startswith("2") and example_of(media, self.components) is None:
                    missing.append(f"answer {status} {kind}")
        for row in self.parameters("path"):
            # An opt-out token is sealed by the mailer for one address: there is none to show.
            if row["schema"].get("format") != "uuid" and not _examples(row) and row["name"] != "token":
                missing.append(f"path parameter {row['name']}")
        return missing

    def url(self, ids: Mapping[str, str]) -> str:
        """Return the path with ids filled in, other parameters by their examples."""
        path = self.path
        for row in self.parameters("path"):
            value = ids.get(row["name"]) or str((_examples(row) or [UUID(int=1)])[0])
            path = path.replace("{" + row["name"] + "}", value)
        return path.replace("{name}", "portal.css")

    def query(self, ids: Mapping[str, str]) -> dict[str, Any]:
        """Return the query parameters that it demands: ids of real things, a fresh batch, else their examples."""
        fresh = {**ids, "batch_id": str(uuid4())}
        return {
            row["name"]: fresh.get(row["name"]) or (_examples(row) or ["x"])[0]
            for row in self.parameters("query")
            if row.get("required")
        }

    def headers(self) -> dict[str, str]:
        """Return the usual headers that it reads."""
        read = {row["name"].lower() for row in self.parameters("header")}
        return {name: value for name, value in _USUAL_HEADERS.items() if name.lower() in read}

    def takes_header(self, name: str) -> bool:
        """Tell whether it reads a header."""
        return any(row["name"].lower() == name.lower() for row in self.parameters("header"))


def doors_of(app: FastAPI) -> list[Door]:
    """Return every method of every route, from the router table itself and not from the description."""
    described = app.openapi()
    found = []
    for route, declaration in declared_routes(app):
        for method in sorted(route.methods or ()):
            operation = described["paths"].get(route.path, {}).get(method.lower(), {})
            components = described.get("components", {}).get("schemas", {})
            found.append(Door(method, route.path, declaration, operation, components, _limit(app, route)))
    return found


def _limit(app: FastAPI, route: APIRoute) -> int:
    of_route = getattr(route, "max_body_size", None)
    return int(of_route if of_route is not None else getattr(app, "max_body_size", None) or 0)


def _examples(parameter: Json) -> list[Any]:
    """Return a parameter's example values, however they are written down."""
    schema = parameter.get("schema", {})
    named = [row["value"] for row in parameter.get("examples", {}).values()]
    plain = [parameter["example"]] if "example" in parameter else []
    return [*plain, *named, *schema.get("examples", []), *schema.get("enum", [])]


def example_of(media: Json, components: Json) -> Any:
    """Return the worked example of a media type, None without one."""
    if "example" in media:
        return media["example"]
    for row in media.get("examples", {}).values():
        return row["value"]
    schema = resolved(media.get("schema", {}), components)
    if "example" in schema:
        return schema["example"]
    return next(iter(schema.get("examples", [])), None)


def resolved(schema: Json, components: Json) -> Json:
    """Follow references and pick the first choice that is not null."""
    while True:
        if "$ref" in schema:
            schema = {
                **components[schema["$ref"].rpartition("/")[2]],
                **{k: v for k, v in schema.items() if k != "$ref"},
            }
        elif "anyOf" in schema or "oneOf" in schema:
            choices = [row for row in schema.get("anyOf") or schema["oneOf"] if row.get("type") != "null"]
            if len(choices) != 1:
                return {}
            schema = choices[0]
        else:
            return schema


def with_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """Return an example with real ids in the fields that carry their names."""
    if isinstance(value, dict):
        return {
            name: ids[name] if name.endswith(("_id", "_secret")) and name in ids and item else with_ids(item, ids)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [with_ids(item, ids) for item in value]
    return value


def encoded(kind: str, example: Any) -> bytes:
    """Return an example as the octets of its media type."""
    if isinstance(example, str):
        return example.encode()
    if kind == "application/x-www-form-urlencoded":
        return "&".join(f"{name}={value}" for name, value in example.items()).encode()
    return json.dumps(example).encode()


def spoiled(example: Any, schema: Json, components: Json, canary: str) -> Iterator[tuple[str, Any]]:
    """Yield (what was done, body) for each field of wrong type and each missing field that the schema demands."""
    schema = resolved(schema, components)
    if isinstance(example, dict) and ("properties" in schema or isinstance(schema.get("additionalProperties"), dict)):
        for name, value in example.items():
            inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if not isinstance(inner, dict):
                continue
            for what, changed in spoiled(value, inner, components, canary):
                yield f"{name}.{what}", example | {name: changed}
            if name in schema.get("required", []):
                yield f"without {name}", {key: item for key, item in example.items() if key != name}
    elif isinstance(example, list) and example and "items" in schema:
        for what, changed in spoiled(example[0], schema["items"], components, canary):
            yield f"0.{what}", [changed, *example[1:]]
    yield from _wrong_values(schema, canary)


def _wrong_values(schema: Json, canary: str) -> Iterator[tuple[str, Any]]:
    kind = schema.get("type")
    if kind in ("integer", "number", "boolean", "array"):
        yield "wrong type", canary
    elif kind == "object":
        yield "wrong type", [canary]
    elif kind == "string":
        yield "wrong type", {canary: canary}
        yield "wrong letters", f"{canary}\x00"
    if kind == "integer":
        yield "huge number", 2**70
