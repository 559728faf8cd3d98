"""Everything that is SQL in ingest: tables, and one module per aggregate."""
