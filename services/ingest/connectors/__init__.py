"""Plug-in folder: one file per practice or shop system, each with a `CONNECTOR`, found by looking (shared/kit/plugins.py)."""
