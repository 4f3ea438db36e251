"""Which videos browsers play, and copies of the others."""

import json
import subprocess
from fractions import Fraction

import av
import pytest

from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.labeling.playable import copy_path, make_copy, playable_path, plays_in_browsers
from stad.own_classes.alone import Stopped
from stad.utils import files
from tests.videos import write_video


@pytest.mark.parametrize(
    ("name", "options", "plays"),
    [
        ("a.mp4", {}, True),
        ("a.mp4", {"audio": "aac"}, True),
        ("a.mov", {}, True),
        ("a.webm", {"codec": "libvpx"}, True),
        ("a.mkv", {}, False),
        ("a.avi", {"codec": "mpeg4"}, False),
        ("a.mp4", {"codec": "mpeg4"}, False),
        ("a.mp4", {"codec": "libx265"}, False),
        ("a.ts", {}, False),
    ],
)
def test_container_and_codec_decide(tmp_path, name, options, plays):
    assert plays_in_browsers(write_video(tmp_path / name, **options)) == plays


def test_ten_bits_do_not_play(tmp_path):
    plain = write_video(tmp_path / "a.mp4")
    deep = tmp_path / "b.mp4"
    command = ["ffmpeg", "-v", "error", "-i", plain, "-pix_fmt", "yuv420p10le", deep]
    subprocess.run(command, check=True)
    assert not plays_in_browsers(deep)


def test_a_clock_that_does_not_begin_at_0_does_not_play(tmp_path):
    times = [2 + i / 30 for i in range(30)]
    path = write_video(tmp_path / "a.mp4", times_sec=times, options={"use_editlist": "0"})
    assert not plays_in_browsers(path)


def test_what_is_no_video_is_an_error(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"text" * 99)
    with pytest.raises(InputError, match="cannot be read as one"):
        plays_in_browsers(tmp_path / "a.mp4")


@pytest.fixture
def folder(tmp_path):
    write_video(tmp_path / "a.avi", codec="mpeg4", num_frames=20, fps=Fraction(25), audio="mp3")
    return OwnFolder(tmp_path)


def test_a_copy_has_the_frames_and_times_of_the_video(folder):
    assert playable_path(folder, "a.avi") is None
    seen = []
    path = make_copy(folder, "a.avi", on_time=seen.append)
    assert playable_path(folder, "a.avi") == path == copy_path(folder, "a.avi")
    assert plays_in_browsers(path)
    assert len(seen) == 20
    with av.open(str(path)) as copy:
        times = [frame.time for frame in copy.decode(video=0)]
        assert copy.streams.audio
    assert times == pytest.approx([i / 25 for i in range(20)], abs=0.001)
    assert make_copy(folder, "a.avi", on_time=seen.append) == path
    assert len(seen) == 20, "it is made once"


def test_a_moved_video_keeps_its_copy(folder):
    path = make_copy(folder, "a.avi")
    (folder.path / "day").mkdir()
    (folder.path / "a.avi").rename(folder.path / "day" / "b.avi")
    assert playable_path(folder, "day/b.avi") == path


def test_a_copy_that_is_stopped_leaves_nothing(folder):
    answers = iter([False, False, True])
    with pytest.raises(Stopped):
        make_copy(folder, "a.avi", should_stop=lambda: next(answers))
    assert list(copy_path(folder, "a.avi").parent.iterdir()) == []


def test_a_copy_that_cannot_be_written_leaves_nothing(folder, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.Path, "replace", fail)
    with pytest.raises(InputError, match="No space left"):
        make_copy(folder, "a.avi")
    monkeypatch.undo()
    assert list(copy_path(folder, "a.avi").parent.iterdir()) == []


def test_ffmpeg_reads_a_copy(folder):
    path = make_copy(folder, "a.avi")
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", path]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    kinds = {one["codec_type"]: one["codec_name"] for one in found["streams"]}
    assert kinds["video"] == "h264"
