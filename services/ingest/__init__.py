"""The ingest service: the home of consumers and what their businesses know of them, fed by sources and read through a feed."""
