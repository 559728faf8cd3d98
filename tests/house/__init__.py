"""The house rules as tests, each short: what a reviewer would otherwise have to remember."""
