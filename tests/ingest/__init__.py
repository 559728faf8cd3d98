"""Ingest, against a real database and over its real doors."""
