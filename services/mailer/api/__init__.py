"""The mailer's public face, one file per resource."""
