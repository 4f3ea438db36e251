"""Write results: annotated video, JSON, CSV, segments, and the timeline page."""
