"""Tests of shared code and of the fixtures themselves."""
