"""The wire as it was promised: snapshots of every model, additive changes only."""
