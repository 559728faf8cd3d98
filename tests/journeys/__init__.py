"""Whole stories through all services, told as tests."""
