"""The demonstration: a generated practice and shop, run through all services and held against its own truth."""
