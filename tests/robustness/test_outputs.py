"""Outputs: devices and pipes, planted links, two runs at once, inputs, full disks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stad.cli.annotate_options import AnnotateOptions, check_outputs
from stad.errors import InputError
from stad.inference.journal import Journal
from stad.utils import locks, part_files
from stad.utils.files import AtomicFile, partial_file, write_whole
from stad.utils.folders import new_folder
from stad.utils.locks import lock_path, only_run_in, only_writer
from stad.utils.part_files import PartFile, part_path
from stad.video.continued import ContinuedSink
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.robustness.disks import small_disk
from tests.videos import write_video

pytestmark = pytest.mark.robust


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_text(path):
    file = AtomicFile(path)
    file.write("new")
    file.close()


def write_mp4(path, num_frames=4):
    source = VideoSource(write_video(Path(os.environ["SCRATCH"]) / "in.mp4", num_frames=num_frames))
    sink = VideoSink(path, source.info)
    for frame in source.frames():
        sink.write(frame.image, frame.time_sec)
    sink.close()


def write_part(path):
    with partial_file(Path(path)) as part:
        part.write_text("new")


WRITERS = [write_text, write_mp4, write_part, lambda path: write_whole(path, b"new")]


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("SCRATCH", str(tmp_path_factory.mktemp("scratch")))


@pytest.mark.parametrize("write", WRITERS, ids=["text", "mp4", "partial", "whole"])
def test_a_pipe_gets_the_content_and_stays_a_pipe(tmp_path, write):
    if write is write_part:
        pytest.skip("files of the cache are never pipes")
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe)
    reader.join()
    assert pipe.is_fifo()
    assert read[0] == b"new" or read[0][4:8] == b"ftyp"
    assert names(tmp_path) == ["pipe.mp4"]


def test_a_device_stays_a_device():
    before = Path(os.devnull).stat().st_rdev
    write_whole(os.devnull, "gone")
    assert Path(os.devnull).stat().st_rdev == before


def test_stdout_is_written_to_where_it_stands(tmp_path):
    """Also where it is a file, which would be cut if it were opened by its name."""
    code = (
        "import sys; from stad.utils.files import write_whole; print('before');"
        "write_whole('/dev/stdout', 'new\\n'); write_whole('/dev/fd/1', 'more\\n'); print('after')"
    )
    with (tmp_path / "log").open("w") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "before\nnew\nmore\nafter\n"


@pytest.mark.parametrize("write", WRITERS, ids=["text", "mp4", "partial", "whole"])
def test_a_planted_link_is_not_followed(tmp_path, write):
    mine, out = tmp_path / "mine", tmp_path / "out.mp4"
    mine.write_text("mine")
    part_path(out).symlink_to(mine)
    write(out)
    assert mine.read_text() == "mine"
    assert out.is_file()
    assert not out.is_symlink()
    assert names(tmp_path) == [part_path(out).name, "mine", "out.mp4"]


def test_a_planted_link_at_the_file_of_results_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out.json.stad-state").symlink_to(tmp_path / "mine")
    for resume in (False, True):
        with pytest.raises(InputError, match="Cannot write"):
            Journal(tmp_path / "out.json.stad-state", {}, resume=resume)
    with pytest.raises(InputError, match="is a link or not a file"):
        check_outputs(AnnotateOptions(video="x.mp4", json=tmp_path / "out.json"))
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_part_of_a_dead_process_is_deleted_and_that_of_a_live_one_kept(tmp_path):
    out = tmp_path / "a.json"
    part_path(out).write_text("of a dead one")
    first = AtomicFile(out)
    second = AtomicFile(out)
    assert len(names(tmp_path)) == 2
    first.write("first")
    second.write("second")
    first.close()
    assert out.read_text() == "first"
    second.close()
    assert out.read_text() == "second"
    assert names(tmp_path) == ["a.json"]


def test_parts_where_there_are_no_locks(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(fcntl, "lockf", refuse)
    said = []
    part_path(tmp_path / "a").write_text("may be alive")
    with only_writer(tmp_path / "a", log=said.append):
        write_whole(tmp_path / "a", "new")
    assert len(said) == 1
    assert "has no locks" in said[0]
    assert (tmp_path / "a").read_text() == "new"
    assert part_path(tmp_path / "a").read_text() == "may be alive"


HOLD = (
    "import sys, time; from stad.utils.locks import *\n"
    "with only_writer(sys.argv[1]):\n    print('held', flush=True); time.sleep(600)"
)


@contextlib.contextmanager
def other_process(path):
    """A process that holds the lock of a path."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_of_two_runs_one_gets_one_error_and_death_frees_the_lock(tmp_path):
    out = tmp_path / "out.mp4"
    with other_process(out) as holder:
        with (
            pytest.raises(InputError, match=r"Another run is writing .*out\.mp4\. Wait until"),
            only_writer(tmp_path / "a.json", out),
        ):
            pass
        assert not lock_path(tmp_path / "a.json").exists()
        holder.kill()
        holder.wait()
        with only_writer(out):
            assert lock_path(out).exists()
    assert names(tmp_path) == []


def test_two_runs_in_one_process(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    with only_writer(tmp_path / "a"), only_run_in(folder):
        for again in (
            lambda: only_writer(tmp_path / "sub" / ".." / "a"),
            lambda: only_run_in(folder),
        ):
            with pytest.raises(InputError, match="Another run is writing"), again():
                pass
        with pytest.raises(InputError, match="Another run"), other_process_lock(folder):
            pass
    with only_writer(tmp_path / "a"):
        pass
    assert names(tmp_path) == ["work"]
    assert names(folder) == []
    assert not locks._held


@contextlib.contextmanager
def other_process_lock(folder):
    code = (
        "import sys; from stad.errors import *; from stad.utils.locks import *\n"
        "def main():\n    with only_run_in(sys.argv[1]): pass\n"
        "run_script(main)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 2)
    if done.returncode:
        raise InputError(done.stderr)
    yield


def test_a_planted_link_at_the_lock_is_not_followed(tmp_path):
    (tmp_path / ".a.lock").symlink_to(tmp_path / "none")
    with pytest.raises(InputError, match=r"Cannot write .*\.a\.lock"), only_writer(tmp_path / "a"):
        pass
    assert not (tmp_path / "none").exists()


def test_two_writers_of_a_folder(tmp_path):
    with new_folder(tmp_path / "model") as part:
        (part / "a").write_text("first")
        with pytest.raises(InputError, match="Another run"), new_folder(tmp_path / "model"):
            pass
    assert (tmp_path / "model" / "a").read_text() == "first"
    assert names(tmp_path) == ["model"]


def options(tmp_path, **given):
    given = {key: tmp_path / value for key, value in given.items()}
    video = str(given.pop("video", "in.mp4"))
    return AnnotateOptions(video=video, overwrite=True, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"json": "a.json", "csv": "a.json.stad-state"}, "name the same file"),
        ({"json": "a", "csv": "hard"}, "name the same file"),
        ({"json": "a", "csv": "soft"}, "name the same file"),
        ({"json": "a.json", "csv": ".a.part.json"}, "is written while --json is unfinished"),
        ({"json": "a.json", "csv": ".a.json.lock"}, "is written while --json is unfinished"),
        ({"json": "hard", "boxes": "a"}, r"is an input .* \(--boxes\)"),
        ({"json": "soft", "localizer": "a"}, r"is an input .* \(--localizer\)"),
        ({"json": "b", "boxes": "b.stad-state"}, r"is an input .* \(--boxes\)"),
        ({"json": "c.json", "boxes": ".c.part.json"}, r"is an input .* \(--boxes\)"),
        ({"json": "model/model.json", "model": "."}, r"is an input .* \(--model\)"),
        ({"json": "net.bin", "model": "net.xml"}, r"is an input .* \(--model\)"),
        ({"json": "a", "video": "soft"}, r"is an input .* \(VIDEO\)"),
    ],
)
def test_outputs_onto_inputs_and_each_other(tmp_path, given, message):
    (tmp_path / "model").mkdir()
    files = ("a", "b.stad-state", ".c.part.json", "model/model.json", "net.xml", "net.bin")
    for name in files:
        (tmp_path / name).write_text("mine")
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    (tmp_path / "soft").symlink_to("a")
    before = names(tmp_path)
    values = {key: str(value) for key, value in given.items() if key == "model"}
    chosen = options(tmp_path, **{k: v for k, v in given.items() if k != "model"})
    if values:
        from dataclasses import replace

        chosen = replace(chosen, model=str(tmp_path / values["model"]))
    with pytest.raises(InputError, match=message):
        check_outputs(chosen)
    assert names(tmp_path) == before
    assert all((tmp_path / name).read_text() == "mine" for name in files)


def test_a_full_disk_leaves_what_was_there(tmp_path):
    with small_disk(tmp_path / "disk", kilobytes=256) as disk:
        out = disk / "out.mp4"
        out.write_text("old")
        for write in (write_text, write_mp4, write_part):
            filler = disk / "filler"
            with contextlib.suppress(OSError), filler.open("wb") as file:
                while True:
                    file.write(bytes(4096))
            with pytest.raises(InputError, match=r"Free some (space|room)"):
                _big(write, out)
            assert names(disk) == ["filler", "out.mp4"]
            assert out.read_text() == "old"
            filler.unlink()


def _big(write, out):
    if write is write_text:
        file = AtomicFile(out)
        try:
            for _ in range(100):
                file.write("x" * 10_000)
            file.close()
        finally:
            file.abort()
    elif write is write_mp4:
        source = VideoSource(write_video(Path(os.environ["SCRATCH"]) / "in.mp4", num_frames=10))
        sink = VideoSink(out, source.info, crf=0)
        try:
            for frame in source.frames():
                sink.write(frame.image, frame.time_sec)
            sink.close()
        finally:
            sink.abort()
    else:
        with partial_file(out) as part:
            part.write_bytes(bytes(2**20))


def test_a_read_only_disk_is_one_error(tmp_path):
    with small_disk(tmp_path / "disk", kilobytes=64, read_only=True) as disk:
        for write in (write_text, write_mp4, write_part):
            with pytest.raises(InputError, match="Read-only file system"):
                write(disk / "out.mp4")
        with pytest.raises(InputError, match="Read-only"), only_writer(disk / "a"):
            pass


def test_a_sink_that_cannot_be_opened_leaves_no_part(tmp_path):
    source = VideoSource(write_video(tmp_path / "in.mp4", num_frames=2))
    with pytest.raises(InputError, match="No such file"):
        VideoSink(tmp_path / "out.mp4", source.info, audio_path=str(tmp_path / "none.mp4"))
    assert names(tmp_path) == ["in.mp4"]


@pytest.mark.parametrize("num_before", [1, 2, 3])
def test_a_video_track_continued_after_a_frame_or_two_is_as_long(tmp_path, num_before):
    import av

    source = VideoSource(write_video(tmp_path / "in.mp4", num_frames=20, fps=25))
    frames = list(source.frames())

    def write(sink, chosen):
        for frame in chosen:
            sink.write(frame.image, frame.time_sec)
        sink.close()

    whole, parts = tmp_path / "whole.mp4", tmp_path / "parts.mp4"
    write(VideoSink(whole, source.info), frames)
    write(VideoSink(parts, source.info), frames[:num_before])
    rest = ContinuedSink(parts, source.info, first_sec=frames[num_before].time_sec)
    write(rest, frames[num_before:])
    durations = []
    for path in (whole, parts):
        with av.open(str(path)) as container:
            durations.append(container.streams.video[0].duration)
    assert durations[0] == durations[1] == 20 * 3600


def test_a_part_is_made_under_a_random_name_where_the_first_is_taken(tmp_path):
    out = tmp_path / "a.json"
    part_path(out).mkdir()
    part = PartFile(out)
    assert part.path.name.startswith(".a.")
    assert part.path != part_path(out)
    assert part_files.is_same_file(part.path, os.open(part.path, os.O_RDONLY))
    part.remove()
    assert names(tmp_path) == [part_path(out).name]
