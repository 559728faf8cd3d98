"""Mailer's tables and the only SQL of the service."""
