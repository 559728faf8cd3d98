"""The scheduler's public face, one file per resource."""
