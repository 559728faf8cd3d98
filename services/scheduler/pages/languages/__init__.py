"""Plug-in folder: one file per language of the pages, each with a `LANGUAGE`."""
