"""One file per thing the opt-out service can do."""
