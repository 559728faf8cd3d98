"""Plug-in folder: one file per way to opt out, each with a `CHANNEL`."""
