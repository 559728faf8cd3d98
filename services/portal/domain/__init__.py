"""Portal's decisions on frozen values: no I/O, no clock, no framework."""
