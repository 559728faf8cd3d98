"""The consumer's pages: rendering only; routes live in channels/."""
