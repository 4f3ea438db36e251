"""Reading: times, rotation, damage, and one clear error for what is not a video."""

import warnings

import numpy as np
import pytest

from stad.errors import InputError
from stad.video.source import VideoSource
from tests.videos import NO_VIDEOS, moving_square, set_rotation, write_video


def test_frames_times_and_info(tmp_path):
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=12, fps=25))
    frames = list(source.frames())
    assert [f.index for f in frames] == list(range(12))
    np.testing.assert_allclose([f.time_sec for f in frames], np.arange(12) / 25, atol=1e-6)
    assert (source.info.width_px, source.info.height_px, source.info.fps) == (160, 120, 25)
    assert source.info.num_frames == source.expected_frames() == 12
    assert source.warnings == []
    # RGB, not BGR: the square is red.
    np.testing.assert_allclose(frames[0].image[60, 20], moving_square(0)[60, 20], atol=12)


def test_frames_can_be_read_twice(tmp_path):
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=5))
    first, second = list(source.frames()), list(source.frames())
    assert all((a.image == b.image).all() for a, b in zip(first, second, strict=True))


def test_part_of_a_video(tmp_path):
    path = write_video(tmp_path / "a.mp4", num_frames=60, fps=30)
    source = VideoSource(path, start_sec=0.5, end_sec=1.0)
    frames = list(source.frames())
    assert [f.index for f in frames] == list(range(15))
    assert frames[0].time_sec == pytest.approx(0.5)
    assert frames[-1].time_sec == pytest.approx(29 / 30)
    assert source.expected_frames() == 15
    whole = list(VideoSource(path).frames())
    np.testing.assert_array_equal(frames[0].image, whole[15].image)


def test_variable_frame_rate_keeps_the_stamps(tmp_path):
    times_sec = [0.0, 0.04, 0.08, 0.5, 0.9, 0.94]
    path = write_video(tmp_path / "a.mp4", num_frames=6, times_sec=times_sec)
    assert [f.time_sec for f in VideoSource(path).frames()] == pytest.approx(times_sec, abs=1e-3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_metadata_gives_upright_frames(tmp_path, degrees):
    path = write_video(tmp_path / "a.mp4", num_frames=3)
    plain = next(VideoSource(path).frames()).image
    set_rotation(path, degrees)
    source = VideoSource(path)
    turned = next(source.frames()).image
    # The track header's matrix turns clockwise by its degrees.
    np.testing.assert_array_equal(turned, np.rot90(plain, -degrees // 90))
    assert (source.info.width_px, source.info.height_px) == (
        (120, 160) if degrees in (90, 270) else (160, 120)
    )


def test_a_cut_file_gives_what_decodes_and_a_warning(tmp_path):
    path = write_video(tmp_path / "a.avi", num_frames=90, codec="mpeg4")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = VideoSource(path)
        frames = list(source.frames())
    assert 5 < len(frames) < 70
    assert any("ends early" in text for text in source.warnings)


def test_a_cut_mp4_with_its_index_in_front(tmp_path):
    path = write_video(tmp_path / "a.mp4", num_frames=90, options={"movflags": "+faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 5])
    source = VideoSource(path)
    frames = list(source.frames())
    assert 5 < len(frames) < 85
    assert any("ends early" in text for text in source.warnings)


def test_noise_in_the_middle_is_survived(tmp_path):
    path = write_video(tmp_path / "a.avi", num_frames=60, codec="mpeg4")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(bytes(data))
    assert len(list(VideoSource(path).frames())) >= 40


@pytest.mark.parametrize(("make", "message"), NO_VIDEOS.values(), ids=NO_VIDEOS)
def test_what_is_not_a_video(tmp_path, make, message):
    with pytest.raises(InputError, match=message):
        VideoSource(make(tmp_path))


@pytest.mark.parametrize(
    ("start_sec", "end_sec"), [(-1, None), (2, 1), (1, 1), (99, None), (float("nan"), None)]
)
def test_an_impossible_part(tmp_path, start_sec, end_sec):
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(InputError, match=r"--(start|end)"):
        VideoSource(path, start_sec=start_sec, end_sec=end_sec)


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_random_damage_never_escapes(tmp_path, suffix):
    """Whatever is overwritten: frames in order of time, or one clear error."""
    codec = "libx264" if suffix == "mp4" else "mpeg4"
    data = write_video(tmp_path / f"a.{suffix}", num_frames=24, codec=codec).read_bytes()
    random = np.random.default_rng(0)
    read = 0
    for case in range(30):
        damaged = bytearray(data)
        for position in random.integers(0, len(data), size=1 + case):
            damaged[position] = random.integers(0, 256)
        path = tmp_path / f"{case}.{suffix}"
        path.write_bytes(bytes(damaged))
        try:
            source = VideoSource(path)
            times_sec = [frame.time_sec for frame in source.frames()]
        except InputError:
            continue
        assert np.isfinite(times_sec).all()
        assert (np.diff(times_sec) > 0).all()
        read += bool(times_sec)
    assert read >= 10
