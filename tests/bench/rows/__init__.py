"""One file per row of the bench, discovered by the runner."""
