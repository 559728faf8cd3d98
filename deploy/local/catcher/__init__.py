"""A mail server that delivers to nobody, with a web inbox, because demo mail must be looked at and must not leave."""
