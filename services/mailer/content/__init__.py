"""Contents: compiled and linted once when published, rendered right before sending."""
