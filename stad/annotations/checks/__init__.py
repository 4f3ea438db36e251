"""Check annotations and detections before they are used: ids, times, boxes, repeats, matches."""
