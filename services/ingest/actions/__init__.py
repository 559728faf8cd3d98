"""What ingest can do: one file per action, because a reader looks for verbs."""
