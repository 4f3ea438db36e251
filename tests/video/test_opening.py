"""Names that FFmpeg or a command line would take for something else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
import tyro
from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import InputError
from stad.video.clip_source import VideoFiles
from stad.video.continued import ContinuedSink
from stad.video.opening import media_url
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.videos import moving_square, write_video

NAMES = [
    "2024-05-01T10:20:30.mp4",
    "rtmp:clip.mp4",
    "100%.mp4",
    "clip%03d.mp4",
    "-clip.mp4",
    "--out.mp4",
    'it\'s "quoted".mp4',
    "two\nlines.mp4",
    "[red]a & b #?.mp4",
    "\u00fcber|subfile,,:.mp4",
    os.fsdecode(b"\xff\xfe.mp4"),
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_read_and_written(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "plain.mp4", num_frames=20, audio="aac").rename(tmp_path / name)
    source = VideoSource(name)
    frames = list(source.frames())
    assert len(frames) == 20
    Path("out").mkdir()
    target = Path("out") / name
    sink = VideoSink(target, source.info, audio_path=name, clock=source.clock)
    for frame in frames[:12]:
        sink.write(frame.image, frame.time_sec)
    sink.close()
    rest = ContinuedSink(target, source.info, first_sec=frames[12].time_sec, audio_path=name)
    for frame in frames[12:]:
        rest.write(frame.image, frame.time_sec)
    rest.close()
    assert [path.name for path in Path("out").iterdir()] == [name]
    assert VideoSource(target).info.has_audio
    times = [frame.time_sec for frame in VideoSource(target).frames()]
    np.testing.assert_allclose(times, [frame.time_sec for frame in frames], atol=1e-3)
    clip = VideoFiles(tmp_path).read_at(Path(name).stem, np.array([0.2]))
    assert np.abs(clip.frames[0].astype(int) - moving_square(6)).mean() < 6


def test_addresses_stay_as_they_are():
    for address in ("rtsp://host:554/a", "http://host/a?b=c", "/dev/video0"):
        assert media_url(address) == address


@dataclass(frozen=True, kw_only=True)
class Options:
    video: Annotated[str, Positional, option("a video")]
    out: Annotated[str | None, option("another")] = None
    start: Annotated[float | None, option("seconds")] = None
    v: Annotated[bool, tyro.conf.arg(aliases=["-v"])] = False


def test_names_with_a_leading_dash_are_not_options():
    args = parse(Options, ["-a b.mp4", "--out", "--c.mp4", "--start", "-0.5", "-v"])
    assert (args.video, args.out, args.start, args.v) == ("./-a b.mp4", "./--c.mp4", -0.5, True)
    with pytest.raises(InputError, match=r"no option --strat\. Perhaps you meant --start"):
        parse(Options, ["a.mp4", "--strat", "3"])
