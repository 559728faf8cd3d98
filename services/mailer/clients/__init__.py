"""What the mailer needs of services downhill."""
