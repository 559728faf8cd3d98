"""Tables and the only SQL of the scheduler."""
