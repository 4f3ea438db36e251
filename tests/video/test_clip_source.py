"""The frame at a time is the same one in every container, codec and clock, for every reader."""

from __future__ import annotations

import numpy as np
import pytest

from stad.video.clip_source import VideoFiles
from stad.video.source import VideoSource
from tests.video_kinds import FPS, KINDS, NUM_FRAMES, read_number, write_kind

# When the first frame is shown, as in ffmpeg; elsewhere at 0, or as late as the audio's encoder
# begins before it.
FIRST_SEC = {"avi b-frames": 1 / FPS, "mp4 audio first": 0.5}
# Times in any order, some beyond both ends.
ASKED = np.array([50, 10, 33, 96, 0, 99, 51, 12, -20, 400, 75])


@pytest.mark.parametrize("name", KINDS)
def test_both_readers_give_the_frames_asked_for(tmp_path, name):
    path = write_kind(tmp_path / f"clip.{KINDS[name].suffix}", KINDS[name])
    frames = list(VideoSource(path).frames())
    assert [read_number(frame.image) for frame in frames] == list(range(NUM_FRAMES))
    times = np.array([frame.time_sec for frame in frames])
    assert times[0] == pytest.approx(FIRST_SEC.get(name, 0.0), abs=0.05)
    np.testing.assert_allclose(times - times[0], np.arange(NUM_FRAMES) / FPS, atol=0.002)
    clip = VideoFiles(tmp_path).read_at("clip", times[0] + ASKED / FPS)
    numbers = [read_number(image) for image in clip.whole()]
    assert numbers == ASKED.clip(0, NUM_FRAMES - 1).tolist()
    for place in (33, 75):
        part = list(VideoSource(path, start_sec=times[place], end_sec=times[place + 3]).frames())
        assert [read_number(frame.image) for frame in part] == [place, place + 1, place + 2]
        assert [frame.time_sec for frame in part] == times[place : place + 3].tolist()
