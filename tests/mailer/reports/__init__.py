"""Tests of the mailer."""
