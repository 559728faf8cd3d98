"""Reference programs: what the machine can do with everything but the bare work left out."""
