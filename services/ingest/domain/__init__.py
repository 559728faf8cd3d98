"""Pure decisions of ingest on frozen values: no I/O, no clock, so that every rule is a plain test."""
