"""Small shards with known content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stad.datasets.records.features import FrameRecord, RecordWriter

CHANNELS = {"rgb": 6, "audio": 3}
MODALITIES = [{"name": name, "channels": channels} for name, channels in CHANNELS.items()]
CLASSES = ("cat", "dog", "bird", "fish")


def make_record(number: int, *, frames: int = 0, audio: bool = True) -> FrameRecord:
    """Return record 'vNNN' with 1 to 5 frames and the label number % 4; 0 takes its own number."""
    rng = np.random.default_rng(number)
    count = frames or 1 + number % 5
    features = {
        name: rng.integers(0, 256, (count, channels), dtype=np.uint8)
        for name, channels in CHANNELS.items()
        if audio or name != "audio"
    }
    return FrameRecord(f"v{number:03d}", (number % len(CLASSES),), features)


def write_shards(folder: Path, counts: list[int], *, prefix: str = "train") -> list[Path]:
    """Write shards of so many records, numbered through."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, number = [], 0
    for shard, count in enumerate(counts):
        paths.append(folder / f"{prefix}{shard:02d}.tfrecord")
        with RecordWriter(paths[-1]) as writer:
            for _ in range(count):
                writer.write(make_record(number))
                number += 1
    return paths


def write_label_map(folder: Path) -> str:
    path = folder / "label_map.txt"
    path.write_text("\n".join(CLASSES) + "\n")
    return str(path)
