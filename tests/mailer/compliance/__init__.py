"""The compliance suite: every rule with a content that keeps it and one that breaks it, and every stock content through all rules."""
