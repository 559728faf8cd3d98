"""The public face of ingest: one file per resource."""
