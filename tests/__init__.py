"""Tests, fixtures and benches of Dueback."""
