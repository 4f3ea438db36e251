"""The benchmark of memory: long videos made of a short one, and the memory of a command."""

from __future__ import annotations

import numpy as np

from benchmarks.memory import as_table, encode_once, loop, measure
from stad.video.source import VideoSource
from tests.videos import write_video

# Takes some memory for every minute of the video.
PROGRAM = """
import sys
from pathlib import Path
x = bytearray(b"x") * (60 * 2**20 * ("4min" in sys.argv[1]) + 2**20)
Path(sys.argv[2], "read").write_bytes(Path(sys.argv[1]).read_bytes()[:4])
"""


def test_a_clip_is_repeated_until_the_time_is_reached(tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=20, fps=2)
    encode_once(video, tmp_path / "clip.mp4", size=(64, 48))
    assert loop(tmp_path / "clip.mp4", tmp_path / "long.mp4", 0.55) == 66
    source = VideoSource(tmp_path / "long.mp4")
    times = [one.time_sec for one in source.frames()]
    np.testing.assert_allclose(times, np.arange(66) / 2, atol=1e-3)
    assert (source.info.width_px, source.info.height_px) == (64, 48)


def test_the_memory_of_each_length_is_compared_with_the_first(tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=20, fps=2)
    rows = measure(
        video,
        (1.0, 4.0),
        lambda path, outputs: ["-c", PROGRAM, str(path), str(outputs)],
        folder=tmp_path,
        size=(64, 48),
    )
    assert [(row.minutes, row.num_frames) for row in rows] == [(1.0, 120), (4.0, 480)]
    assert (tmp_path / "run1" / "read").exists()
    assert 50 < (rows[1].cost.max_bytes - rows[0].cost.max_bytes) / 2**20 < 70
    lines = as_table(rows).splitlines()
    assert [line.split()[0] for line in lines] == ["minutes", "1", "4"]
    assert lines[1].split()[-1] == "1.000"
    assert float(lines[2].split()[-1]) > 2
