"""Find the people in a frame: one module for each kind of detector."""
