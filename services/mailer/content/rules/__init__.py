"""The compliance suite: every rule a content keeps before it may be published, one file per group, listed in registry.py."""
