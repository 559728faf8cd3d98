"""Tables of what hangs on people and vehicles beside appointments and visits (store/child_kinds.py says how records come into them)."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.schema import SchemaItem

from services.ingest.store.metadata import record_table, word


def _child(name: str, *columns: SchemaItem, parent_id: str = "consumer_id") -> Table:
    table = record_table(name, Column(parent_id, Uuid), *columns, Column("parked", Boolean, nullable=False))
    Index(f"ix_{name}_parent", table.c.subscriber_id, table.c[parent_id])
    index_parked(table, parent_id)
    return table


def index_parked(table: Table, parent_id: str = "consumer_id") -> None:
    """Index the few that wait for their parent, so that a chunk of new people costs one look and not a look a person."""
    Index(f"ix_{table.name}_parked", table.c.subscriber_id, table.c[parent_id], postgresql_where=text("parked"))


recare_dues = _child(
    "recare_dues",
    word("recare_kind"),
    Column("due_on", Date),
    Column("interval_days", Integer),
    word("status"),
)
vehicles = _child("vehicles", Column("model_year", Integer), Column("registration_ends_on", Date), word("status"))
odometer_readings = _child(
    "odometer_readings",
    Column("read_at", DateTime(timezone=True)),
    Column("distance", BigInteger),
    word("unit"),
    parent_id="vehicle_id",
)
service_lines = _child(
    "service_lines",
    Column("vehicle_id", Uuid),
    word("service_kind"),
    word("state"),
    Column("stated_at", DateTime(timezone=True)),
    Column("total_cents", BigInteger),
    word("currency"),
)
relations = _child("relations", Column("related_id", Uuid), word("relation"))
providers = record_table("providers", Column("parked", Boolean, nullable=False))
contact_points = _child(
    "contact_points",
    word("kind"),
    word("state"),
    Column("value_key", Text),
    Column("problem", Text),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
)
Index(
    "ix_contact_points_value",
    contact_points.c.subscriber_id,
    contact_points.c.value_key,
    postgresql_where=text("value_key is not null"),
)
consent_signals = _child("consent_signals", word("scope"), word("answer"), Column("said_at", DateTime(timezone=True)))
merges = _child("merges", Column("into_id", Uuid))
