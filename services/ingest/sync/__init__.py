"""The agent: carries what a connector reads to ingest, from the practice's own computer or beside the services; needs no inbound port."""
