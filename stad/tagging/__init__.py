"""Tags for whole videos: frame features of one's own videos, a tagger, and its pages."""
