"""Tag whole videos: features of one's own videos, a small tagger trained on them, and its tags."""
