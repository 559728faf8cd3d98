"""Tests of the demonstration: its accounting must notice, and the whole of it must add up."""
