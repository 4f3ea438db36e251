"""Crop, scale and augment clips for training and evaluation."""
