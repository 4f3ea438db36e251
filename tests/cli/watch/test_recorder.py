"""The ring of the last frames, and the files around events."""

from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from stad.cli.watch import recorder as recorder_module
from stad.cli.watch.recorder import Recorder
from stad.errors import InputError
from stad.inference.frame_store import FrameRing
from stad.inference.live.events import Event
from stad.structures import Actors, Frame, FrameResult, Segment, ShownLabel, VideoInfo
from stad.video.source import VideoSource
from tests.videos import moving_square

INFO = VideoInfo("camera 0", 160, 120, Fraction(10), 0, 0.0)
NAMES = ("walk", "fight")


def frame(index: int) -> Frame:
    return Frame(index, index / 10, moving_square(index))


def result(index: int, label: int | None = None) -> FrameResult:
    labels = [] if label is None else [ShownLabel(label, 0.9)]
    return FrameResult(
        index, index / 10, Actors.from_arrays([[20, 20, 90, 100]], ids=[1]), [labels]
    )


def event(kind, start_sec, end_sec, *, class_index=1, actor_id=1) -> Event:
    segment = Segment(actor_id, class_index, start_sec, end_sec, 0.9)
    began_at = datetime(2024, 1, 1, 12, 0, int(start_sec), 250_000, tzinfo=UTC)
    return Event(kind, segment, NAMES[class_index], "camera 0", began_at)


def make_recorder(folder, ring, said, *, margin_sec):
    return Recorder(
        folder,
        ring,
        INFO,
        class_names=NAMES,
        labels=frozenset({1}),
        margin_sec=margin_sec,
        log=said.append,
    )


def record(folder, events, *, num_frames=150, margin_sec=1.0, delay_frames=20, ring_sec=10.0):
    """Play frames through a ring and a recorder; events come at the frame that they name."""
    said = []
    ring = FrameRing(ring_sec)
    recorder = make_recorder(folder, ring, said, margin_sec=margin_sec)
    for index in range(num_frames):
        ring.add(frame(index))
        if index >= delay_frames:
            ring.add_result(result(index - delay_frames, 1))
        for at, one in events:
            if at == index:
                recorder.add(one)
        recorder.advance()
    recorder.close()
    return said


def contents(path) -> tuple[float, float]:
    """First and last time of the video, by where the square is, and that all are there."""
    lefts = []
    for one in VideoSource(path).frames():
        # The square's lower part, below the drawn plate.
        row = one.image[70].astype(int)
        lefts.append(np.nonzero((row[:, 0] > 150) & (row[:, 1] < 90))[0])
    starts = [(columns[len(columns) // 2] - 20) / 2 / 10 for columns in lefts if len(columns)]
    return len(lefts), starts[0]


def test_a_file_holds_the_seconds_around_the_event(tmp_path):
    said = record(
        tmp_path,
        [(60, event("start", 4.0, 4.5)), (90, event("end", 4.0, 6.0))],
    )
    (path,) = tmp_path.iterdir()
    assert path.name == "20240101T120004250_fight_1.mp4"
    count, start_sec = contents(path)
    # From 3 s to 7 s at ten a second; the frame at 3.0 itself is the margin's rim.
    assert count in (40, 41)
    assert start_sec == pytest.approx(3.0, abs=0.15)
    assert said == [f"recorded  {path}"]
    drawn = next(iter(VideoSource(path).frames())).image
    assert np.abs(drawn.astype(int) - moving_square(30)).max() > 100


def test_overlapping_events_share_a_file_and_others_have_their_own(tmp_path):
    record(
        tmp_path,
        [
            (40, event("start", 2.0, 2.5)),
            (45, event("start", 2.2, 2.5, actor_id=2)),
            (50, event("end", 2.0, 3.0)),
            (60, event("end", 2.2, 4.0, actor_id=2)),
            (62, event("start", 4.5, 5.0, class_index=0)),
            (110, event("start", 9.0, 9.5)),
        ],
    )
    first, last = sorted(tmp_path.iterdir())
    assert contents(first)[0] in (40, 41)
    # The second one goes on when the stream ends: to the last frame that all is known of.
    count, start_sec = contents(last)
    # The square is where it was six seconds before.
    assert start_sec == pytest.approx(8.0 - 6.0, abs=0.15)
    assert count in (49, 50)


def test_a_long_event_is_cut_into_files(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "MAX_CLIP_SEC", 4.0)
    record(tmp_path, [(30, event("start", 1.0, 1.5)), (139, event("end", 1.0, 10.0))])
    paths = sorted(tmp_path.iterdir())
    assert [path.name.split("_")[-1] for path in paths] == ["1.mp4", "part2.mp4", "part3.mp4"]
    # Frames go into the file as they become known, until the end is told: those of 0 to 11.9 s.
    assert sum(contents(path)[0] for path in paths) in (118, 119, 120)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--record-dir"):
        record(tmp_path / "file", [])
    folder = tmp_path / "gone"
    said = []
    ring = FrameRing(10.0)
    recorder = make_recorder(folder, ring, said, margin_sec=1.0)
    folder.rmdir()
    recorder.add(event("start", 0.0, 0.5))
    for index in range(20):
        ring.add(frame(index))
        ring.add_result(result(index))
        recorder.advance()
    recorder.close()
    assert len(said) == 1
    assert said[0].startswith("recording: Cannot write")


def test_an_event_after_hours_without_a_frame_has_a_file_of_its_own(tmp_path):
    """The stream was lost before the first file had its last second; both events are kept."""
    said, ring = [], FrameRing(10.0)
    recorder = make_recorder(tmp_path, ring, said, margin_sec=1.0)

    def play(indices):
        for index in indices:
            ring.add(frame(index))
            ring.add_result(result(index, 1))

    play(range(65))
    recorder.add(event("start", 4.0, 4.5))
    recorder.advance()
    recorder.add(event("end", 4.0, 6.0))
    ring.end_session()
    recorder.advance()
    # More than an mp4 can hold without a frame.
    play(range(100_000, 100_005))
    later = Segment(2, 1, 10_000.0, 10_000.5, 0.9)
    began_at = datetime(2024, 1, 1, 15, tzinfo=UTC)
    recorder.add(Event("start", later, NAMES[1], "camera 0", began_at))
    play(range(100_005, 100_020))
    recorder.advance()
    recorder.close()
    first, second = sorted(tmp_path.iterdir())
    assert said == [f"recorded  {first}", f"recorded  {second}"]
    assert len(list(VideoSource(first).frames())) == 34
    assert len(list(VideoSource(second).frames())) == 20


def test_a_file_is_finished_when_the_stream_is_gone_for_long(tmp_path, monkeypatch):
    now_sec = 500.0
    monkeypatch.setattr(recorder_module, "time", SimpleNamespace(monotonic=lambda: now_sec))
    said, ring = [], FrameRing(10.0)
    recorder = make_recorder(tmp_path, ring, said, margin_sec=2.0)
    for index in range(65):
        ring.add(frame(index))
        ring.add_result(result(index, 1))
    recorder.add(event("start", 4.0, 4.5))
    recorder.advance()
    now_sec += 60.0
    recorder.advance()
    assert recorder._recording is not None, "the event has not ended"
    recorder.add(event("end", 4.0, 6.0))
    recorder.advance()
    recorder._writer.close()
    (path,) = tmp_path.iterdir()
    assert said == [f"recorded  {path}"]
    assert len(list(VideoSource(path).frames())) == 44
