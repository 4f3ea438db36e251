"""Frames that are decoded while they are gone through: the same as those of a batch."""

import numpy as np
import pytest

from stad.video.clip_reader import ClipReader, decord, open_with_decord
from tests.video_kinds import FPS, KINDS, read_number, write_kind
from tests.videos import write_video

TIMES_SEC = np.array([0.9, 0.2, 0.5, 0.5, -1.0])


@pytest.fixture
def reader(tmp_path):
    return ClipReader(write_video(tmp_path / "a.mp4", num_frames=30, size=(170, 98)))


def test_frames_are_those_of_a_batch(reader, tmp_path):
    clip = reader.read_at(TIMES_SEC)
    assert clip.order.tolist() == [3, 1, 2, 2, 0]
    positions = np.searchsorted(reader.facts.times_sec, [0.0, 0.2, 0.5, 0.9], side="right") - 1
    batch = open_with_decord(tmp_path / "a.mp4").get_batch(positions).asnumpy()
    np.testing.assert_array_equal(list(clip.frames), batch)
    np.testing.assert_array_equal(clip.whole(), batch[clip.order])


def test_frames_can_be_asked_for_in_any_order(reader):
    frames = reader.read_at(TIMES_SEC).frames
    expected = list(frames)
    for index in (2, 0, -1, 1):
        np.testing.assert_array_equal(frames[index], expected[index])
    np.testing.assert_array_equal(frames[1:3], expected[1:3])
    with pytest.raises(IndexError):
        frames[4]


def test_two_clips_of_a_file_may_be_read_at_the_same_time(reader):
    first, second = reader.read_at(TIMES_SEC), reader.read_at(TIMES_SEC + 0.1)
    expected = first.whole(), second.whole()
    for i, (one, other) in enumerate(zip(first.frames, second.frames, strict=True)):
        np.testing.assert_array_equal(one, expected[0][first.order.tolist().index(i)])
        np.testing.assert_array_equal(other, expected[1][second.order.tolist().index(i)])


def test_a_frame_is_decoded_once(reader, monkeypatch):
    asked = []
    decode = ClipReader.decord_images

    def decord_images(self, positions):
        asked.extend(positions)
        return decode(self, positions)

    monkeypatch.setattr(ClipReader, "decord_images", decord_images)
    frames = reader.read_at(TIMES_SEC).frames
    assert asked == []
    assert frames[0].shape == (98, 170, 3)
    assert len(list(frames)) == len(asked) == 4


def test_pyav_takes_over_where_decord_fails(tmp_path, monkeypatch):
    reader = ClipReader(write_kind(tmp_path / "a.mp4", KINDS["mp4 h264"]))
    frame_at = decord.VideoReader.next
    left = [2]

    def fail_at_the_third(self):
        left[0] -= 1
        if left[0] < 0:
            raise decord.DECORDError("damage")
        return frame_at(self)

    assert reader.facts.uses_decord
    times_sec = reader.facts.times_sec[0] + np.array([5, 6, 40, 90]) / FPS
    monkeypatch.setattr(decord.VideoReader, "next", fail_at_the_third)
    clip = reader.read_at(times_sec)
    assert [read_number(image) for image in clip.whole()] == [5, 6, 40, 90]
    # From here on, the file is PyAV's.
    monkeypatch.undo()
    assert isinstance(reader.read_at(times_sec).frames, list)


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_a_file_with_damaged_packets_is_not_given_to_decord(tmp_path, monkeypatch, kept):
    """Its FFmpeg is old: a fault in it would end the process."""
    path = write_video(tmp_path / "a.mp4", num_frames=90, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    opened = []
    open_file = open_with_decord
    monkeypatch.setattr(
        "stad.video.clip_reader.open_with_decord",
        lambda *args, **options: opened.append(1) or open_file(*args, **options),
    )
    reader = ClipReader(path)
    assert reader.read_at(np.array([0.1, 0.5])).whole().shape == (2, 120, 160, 3)
    assert reader.facts.uses_decord == bool(opened) == (kept == 1)
