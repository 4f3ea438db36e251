"""Check annotations before they are used: ids, times, boxes, repeats, and matches."""
