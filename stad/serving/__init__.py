"""Serve over HTTP: videos are uploaded or named, annotated one after the other, and looked at."""
