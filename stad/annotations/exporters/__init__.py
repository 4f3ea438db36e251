"""Write the labels of one's own videos in the formats of other programs."""
