"""Postures of real people: annotations written for stad, and where their videos are public."""
