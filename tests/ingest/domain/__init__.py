"""Ingest's decisions, without a database."""
