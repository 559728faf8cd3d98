"""The pages that answer a mail."""
