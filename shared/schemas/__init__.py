"""What crosses the wire, one module per owning service; data only, additive only."""
