"""Opt-out: the permission ledger, the doors by which people stop mail, and the leases without which nobody sends."""
