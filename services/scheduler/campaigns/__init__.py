"""Campaign types, one file each: found by looking, listed nowhere."""
