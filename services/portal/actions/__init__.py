"""One file per thing that portal can do."""
