"""Render people who act, with annotations in the format of AVA."""
