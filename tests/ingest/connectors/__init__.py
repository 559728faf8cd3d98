"""Connectors against their own samples, and against third parties' where those are at hand."""
