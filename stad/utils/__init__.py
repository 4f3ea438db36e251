"""Helpers that every package may use: boxes, files, downloads, interrupts, text."""
