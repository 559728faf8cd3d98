"""One file per thing the mailer can do."""
