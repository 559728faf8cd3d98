"""The scheduler: who gets which mail when, and why."""
