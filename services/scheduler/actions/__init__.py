"""One file per thing the scheduler can do."""
