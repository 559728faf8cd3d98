"""The mailer's public face."""
