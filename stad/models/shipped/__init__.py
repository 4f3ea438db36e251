"""Small files of numbers that come with the networks."""
