"""Annotate many videos on many machines, into tables that can be searched."""
