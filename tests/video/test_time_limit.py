"""A decoder that does not return costs one sample, not the run."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from stad.errors import InputError
from stad.video import clip_reader, source
from stad.video.clip_source import VideoFiles
from stad.video.forward_clips import ForwardVideoFiles
from stad.video.time_limit import StuckError, within_limit
from stad.video.window import Window
from tests.videos import write_video

TIMES_SEC = np.array([0.0, 0.2, 0.4])


@pytest.fixture
def never(monkeypatch):
    """What blocks until the test is over, under a limit of 1 s."""
    monkeypatch.setenv("STAD_MAX_DECODE_SEC", "1")
    over = threading.Event()
    yield lambda *_: over.wait()
    over.set()


@pytest.fixture
def files(tmp_path):
    for name in ("a", "b"):
        write_video(tmp_path / f"{name}.mp4", num_frames=30)
    return VideoFiles(tmp_path)


def test_results_and_errors_pass_through(tmp_path):
    assert within_limit(lambda: 3, tmp_path) == 3
    with pytest.raises(ZeroDivisionError):
        within_limit(lambda: 1 / 0, tmp_path)


def test_threads_are_used_again(tmp_path):
    names = {within_limit(threading.get_ident, tmp_path) for _ in range(50)}
    assert len(names) == 1
    assert threading.get_ident() not in names


def test_a_call_that_never_returns_is_given_up(never, tmp_path):
    begin_sec = time.monotonic()
    with pytest.raises(StuckError, match=r"did not return within 1 s.*STAD_MAX_DECODE_SEC"):
        within_limit(never, tmp_path / "a.mp4")
    assert 0.9 < time.monotonic() - begin_sec < 6
    assert within_limit(lambda: 3, tmp_path) == 3


def test_a_forked_process_has_threads_of_its_own(tmp_path):
    within_limit(lambda: 1, tmp_path)
    child = os.fork()
    if child == 0:
        os._exit(within_limit(lambda: 7, tmp_path))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_pyav_reads_where_decord_hangs(files, never, monkeypatch):
    expected = files.read_at("a", TIMES_SEC).whole()
    assert files._readers["a"].facts.uses_decord
    monkeypatch.setattr(clip_reader, "_decord_frame", never)
    begin_sec = time.monotonic()
    np.testing.assert_allclose(files.read_at("a", TIMES_SEC).whole(), expected, atol=3)
    files.read_at("a", TIMES_SEC).whole()
    # It waited once, and does not try decord again, also not after the reader was closed.
    assert time.monotonic() - begin_sec < 1.9
    files._close("a")
    assert not files._facts["a"].uses_decord
    np.testing.assert_allclose(files.read_at("a", TIMES_SEC).whole(), expected, atol=3)


@pytest.mark.parametrize("error", [AssertionError, IndexError, UnicodeEncodeError, StopIteration])
def test_pyav_reads_where_decord_fails(files, monkeypatch, error):
    def fail(*_, **__):
        raise UnicodeEncodeError("utf-8", "", 0, 1, "") if error is UnicodeEncodeError else error()

    monkeypatch.setattr(clip_reader, "open_with_decord", fail)
    assert files.read_at("a", TIMES_SEC).whole().shape == (3, 120, 160, 3)
    assert not files._readers["a"].facts.uses_decord


def test_a_file_that_no_decoder_returns_from_is_left_alone(files, never, monkeypatch):
    files.read_at("a", TIMES_SEC).whole()
    files._readers["a"]._video = None
    monkeypatch.setattr(source.VideoSource, "images_at", never)
    for _ in range(3):
        begin_sec = time.monotonic()
        with pytest.raises(InputError, match="did not return"):
            files.read_at("a", TIMES_SEC)
    assert time.monotonic() - begin_sec < 0.9
    monkeypatch.undo()
    with pytest.raises(InputError, match="did not return"):
        files.read_at("a", TIMES_SEC)
    assert files.read_at("b", TIMES_SEC).whole().shape == (3, 120, 160, 3)


def test_opening_and_reading_forward_have_a_limit(files, never, monkeypatch):
    monkeypatch.setattr(source.VideoSource, "_probe", never)
    with pytest.raises(InputError, match="did not return"):
        files.probe("a")
    with pytest.raises(InputError, match="did not return"):
        files.duration_sec("b")
    forward = ForwardVideoFiles(files.folder)
    with pytest.raises(InputError, match="did not return"):
        forward.read("a", 0.5, Window(num_frames=4, interval_frames=2))
