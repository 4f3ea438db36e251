"""Tag whole videos: features of one's own videos, a small tagger trained on them, and its tags."""

# A folder that has this file is one of records; named here so that asking imports nothing else.
TABLE = "records.json"
