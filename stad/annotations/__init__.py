"""Read, check and write annotation files: AVA CSV, proposals, segments, tubes, video lists."""
