"""What ingest needs from services downhill; behaviour on silence is decided here."""
