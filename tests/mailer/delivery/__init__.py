"""Delivery against a real relay, a real database and the real optout."""
