"""Writing: what a browser plays, with the frames, times, size and audio of the source."""

import av
import numpy as np
import pytest

from stad.errors import InputError
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.videos import write_video


def copy_video(source: VideoSource, path, **options) -> VideoSink:
    sink = VideoSink(path, source.info, **options)
    for frame in source.frames():
        sink.write(frame.image, frame.time_sec)
    sink.close()
    return sink


@pytest.mark.parametrize("fps", [10, 25, 30])
def test_frames_rate_size_and_format(tmp_path, fps):
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=20, fps=fps))
    copy_video(source, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.frames, stream.average_rate) == (20, fps)
        assert float(stream.duration * stream.time_base) == pytest.approx(20 / fps, abs=1e-3)
    pairs = zip(source.frames(), VideoSource(tmp_path / "b.mp4").frames(), strict=True)
    for before, after in pairs:
        assert after.time_sec == pytest.approx(before.time_sec, abs=1e-4)
        error = np.abs(before.image.astype(int) - after.image).mean()
        assert error < 4


def test_colours_survive_in_hd_too(tmp_path):
    def bars(index, width_px, height_px):
        image = np.zeros((height_px, width_px, 3), np.uint8)
        for number, colour in enumerate([(200, 40, 40), (40, 200, 40), (40, 40, 200)]):
            image[:, number * width_px // 3 : (number + 1) * width_px // 3] = colour
        return image

    for size in ((320, 240), (1280, 720)):
        source = VideoSource(
            write_video(tmp_path / f"{size[0]}.mp4", num_frames=3, size=size, picture=bars)
        )
        copy_video(source, tmp_path / "b.mp4")
        before = next(source.frames()).image.astype(int)
        after = next(VideoSource(tmp_path / "b.mp4").frames()).image.astype(int)
        assert np.abs(before - after).mean() < 4


def test_odd_sizes_are_padded_to_even(tmp_path):
    from fractions import Fraction

    from stad.structures import VideoInfo

    info = VideoInfo("x", 161, 121, Fraction(30), 4, 4 / 30)
    sink = VideoSink(tmp_path / "b.mp4", info)
    for index in range(4):
        sink.write(np.full((121, 161, 3), 60, np.uint8), index / 30)
    sink.close()
    after = VideoSource(tmp_path / "b.mp4").info
    assert (after.width_px, after.height_px) == (162, 122)


def test_variable_frame_rate_is_kept(tmp_path):
    times_sec = [0.0, 0.04, 0.08, 0.5, 0.9, 0.94]
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=6, times_sec=times_sec))
    copy_video(source, tmp_path / "b.mp4")
    after = [f.time_sec for f in VideoSource(tmp_path / "b.mp4").frames()]
    assert after == pytest.approx(times_sec, abs=1e-3)


@pytest.mark.parametrize(
    ("suffix", "codec", "audio", "expected", "said"),
    [
        ("mp4", "libx264", "aac", "aac", []),
        (
            "mkv",
            "libx264",
            "pcm_s16le",
            "aac",
            ["the audio is encoded as AAC: browsers do not play pcm_s16le in an mp4"],
        ),
    ],
    ids=["copied", "encoded"],
)
def test_audio_comes_along(tmp_path, suffix, codec, audio, expected, said):
    path = write_video(tmp_path / f"a.{suffix}", num_frames=60, codec=codec, audio=audio)
    sink = copy_video(VideoSource(path), tmp_path / "b.mp4", audio_path=str(path))
    assert sink.warnings == said
    with av.open(str(tmp_path / "b.mp4")) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == expected
        assert float(stream.duration * stream.time_base) == pytest.approx(2.0, abs=0.15)


def test_abort_leaves_nothing_and_close_replaces(tmp_path):
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=4))
    target = tmp_path / "b.mp4"
    target.write_text("old")
    sink = VideoSink(target, source.info)
    sink.write(next(source.frames()).image, 0.0)
    sink.abort()
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]
    copy_video(source, target)
    assert VideoSource(target).info.num_frames == 4


def test_a_folder_that_is_not_there(tmp_path):
    source = VideoSource(write_video(tmp_path / "a.mp4", num_frames=2))
    with pytest.raises(InputError, match="Cannot write"):
        VideoSink(tmp_path / "none" / "b.mp4", source.info)
