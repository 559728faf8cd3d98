"""The only place with SQL and files of the opt-out service."""
