"""Video in and out: frames with times, the windows that make a clip, and the mp4 writer."""
