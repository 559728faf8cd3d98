"""The mailer: content, messages, hand-over to relays, outcomes."""
