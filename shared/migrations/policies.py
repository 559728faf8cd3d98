"""Row-level security and grants, written one way for every table (architecture 5; S3, S4, S91)."""

from typing import Literal

from alembic import op

SUBSCRIBER = "nullif(current_setting('dueback.subscriber_id', true), '')::uuid"
Verb = Literal["select", "insert", "update", "delete"]


def role(service: str, kind: Literal["owner", "api", "worker"]) -> str:
    """Return the fixed name of a service's role."""
    return f"dueback_{service}_{kind}"


def protect(service: str, table: str, *, api: list[Verb], worker: list[Verb], column: str = "subscriber_id") -> None:
    """Force row-level security on a subscriber's table: `_api` sees its context's rows only, `_worker` all rows, each with these verbs."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    if api:
        op.execute(f"grant {', '.join(api)} on {table} to {role(service, 'api')}")
        op.execute(
            f"create policy {table}_api on {table} to {role(service, 'api')} "
            f"using ({column} = {SUBSCRIBER}) with check ({column} = {SUBSCRIBER})"
        )
    if worker:
        op.execute(f"grant {', '.join(worker)} on {table} to {role(service, 'worker')}")
        op.execute(
            f"create policy {table}_worker on {table} to {role(service, 'worker')} using (true) with check (true)"
        )


def open_table(service: str, table: str, *, api: list[Verb], worker: list[Verb]) -> None:
    """Grant on a table that belongs to no subscriber (leases, cursors, directory): the signed list of architecture 5."""
    for kind, verbs in (("api", api), ("worker", worker)):
        if verbs:
            op.execute(f"grant {', '.join(verbs)} on {table} to {role(service, kind)}")  # type: ignore[arg-type]
