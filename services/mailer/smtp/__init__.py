"""The SMTP edge: bytes of a message, the pipelined session that hands it over, and the strict reading of what comes back."""
