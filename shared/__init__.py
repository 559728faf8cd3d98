"""What every service shares: wire schemas, plumbing and the one migration environment."""
