"""The opt-out service: its ledger, doors, leases and pages."""
