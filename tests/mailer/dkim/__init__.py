"""Signatures, keys and DNS records of sender domains."""
