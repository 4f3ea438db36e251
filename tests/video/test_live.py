"""Files in real time, streams that break or change their size, and what cannot be opened."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

from stad.errors import InputError
from stad.video import live
from stad.video.geometry import letterbox_frame
from stad.video.live import LiveSource, public_name
from tests.videos import NO_VIDEOS, set_rotation, write_video


def watch(source: LiveSource, *, until=lambda frames: False, most_sec=10.0) -> list:
    """The frames of a source until its end, or until enough is seen, with their arrival."""
    frames = []
    begin_sec = time.monotonic()
    source.start()
    while not (source.is_over or until(frames)) and time.monotonic() - begin_sec < most_sec:
        one = source.get(0.05)
        if one is not None:
            frames.append((one, time.monotonic()))
    source.stop()
    return frames


def seconds(frames) -> np.ndarray:
    return np.array([one.frame.time_sec for one, _ in frames])


@pytest.fixture
def serve(monkeypatch):
    """Serves answers over HTTP on the loopback address, one a request; the last one repeats."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers = []

    def start(*answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            count = 0

            def do_GET(self):
                answer = answers[min(Handler.count, len(answers) - 1)]
                Handler.count += 1
                answer(self)

            def log_message(self, *_):
                """Keep off the screen."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/live"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def whole(content: bytes, *, kind="video/mp2t", length: int | None = None):
    """An answer of these bytes, that the receiver may be promised more of."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def refuse(handler):
    handler.send_error(503)


def test_a_file_plays_in_real_time(tmp_path):
    source = LiveSource(str(write_video(tmp_path / "in.mp4", num_frames=30, fps=25)))
    assert (source.info.width_px, source.info.height_px, source.info.fps) == (160, 120, 25)
    frames = watch(source)
    np.testing.assert_allclose(seconds(frames), np.arange(30) / 25, atol=1e-3)
    assert [one.frame.index for one, _ in frames] == list(range(30))
    assert [one.is_discontinuity for one, _ in frames] == [True] + [False] * 29
    arrived = np.array([now for _, now in frames])
    assert (arrived - arrived[0] >= seconds(frames) - 0.03).all()
    assert source.num_dropped == 0
    # What is on the frame: the square of frame 20.
    row = frames[20][0].frame.image[60]
    assert abs(np.nonzero(row[:, 0] > 150)[0].mean() - (10 + 2 * 20 + 9.5)) < 2


def test_variable_rate_and_gaps_of_a_file(tmp_path):
    times = [0.0, 0.04, 0.3, 0.31, 1.2, 1.25]
    path = write_video(tmp_path / "in.mp4", num_frames=6, times_sec=times)
    frames = watch(LiveSource(str(path)))
    np.testing.assert_allclose(seconds(frames), times, atol=2e-3)
    assert frames[-1][1] - frames[0][1] >= 1.2


def test_a_taker_who_is_slow_gets_new_frames(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=60, fps=30)
    source = LiveSource(str(path), max_latency_sec=0.3)
    source.start()
    late = []
    while not source.is_over:
        one = source.get(0.05)
        if one is not None:
            late.append(time.monotonic() - one.due_sec)
            time.sleep(0.25)
    source.stop()
    assert max(late) < 0.5
    assert len(late) + source.num_dropped == 60
    assert source.num_dropped > 40


def test_a_rotated_file_comes_upright(tmp_path):
    path = write_video(tmp_path / "in.mp4", num_frames=3)
    set_rotation(path, 90)
    source = LiveSource(str(path))
    assert (source.info.width_px, source.info.height_px) == (120, 160)
    assert watch(source)[0][0].frame.image.shape == (160, 120, 3)


def test_another_size_is_fitted_into_the_first_one(tmp_path):
    """Two transport streams in one file: the size changes and the stamps jump back."""
    first = write_video(tmp_path / "a.ts", num_frames=30, fps=30, options={})
    second = write_video(tmp_path / "b.ts", num_frames=30, fps=30, size=(240, 120))
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    frames = watch(LiveSource(str(path)))
    images = [one.frame.image for one, _ in frames]
    assert {image.shape for image in images} == {(120, 160, 3)}
    assert (np.diff(seconds(frames)) > 0).all()
    assert len(frames) > 50
    # 240 x 120 in 160 x 120: 80 rows of the frame, black above and below.
    assert images[-1][:18].max() < 20
    assert images[-1][-18:].max() < 20
    assert images[-1][22:98].min() > 15
    breaks = [i for i, (one, _) in enumerate(frames) if one.is_discontinuity]
    assert breaks[0] == 0
    assert len(breaks) == 2
    assert 25 <= breaks[1] <= 31


def test_letterbox_keeps_the_aspect():
    image = np.full((100, 200, 3), 200, np.uint8)
    fitted = letterbox_frame(image, (100, 100))
    assert fitted.shape == (100, 100, 3)
    assert (fitted[25:75] == 200).all()
    assert fitted[:25].max() == fitted[75:].max() == 0
    tall = letterbox_frame(image.transpose(1, 0, 2), (100, 100))
    assert (tall[:, 25:75] == 200).all()
    assert tall[:, :25].max() == 0


def test_a_broken_stream_comes_back(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(live, "FIRST_PAUSE_SEC", 0.1)
    part = write_video(tmp_path / "a.ts", num_frames=20, fps=25).read_bytes()
    said = []
    # The probe, then a stream that breaks, two refusals, and the stream again and again.
    url = serve(whole(part), whole(part), refuse, refuse, whole(part))
    source = LiveSource(url, log=said.append)
    frames = watch(source, until=lambda frames: len(frames) >= 50)
    assert source.num_reconnects >= 2
    pauses = [text.rpartition("trying again in ")[2] for text in said if "trying again" in text]
    assert pauses[:4] == ["0.1 s", "0.2 s", "0.4 s", "0.1 s"]
    times = seconds(frames)
    assert (np.diff(times) > 0).all()
    breaks = [one.frame.index for one, _ in frames if one.is_discontinuity]
    # The decoder may have held the last frames when the stream broke.
    assert 17 <= breaks[1] <= 20
    assert breaks[:3] == [0, breaks[1], 2 * breaks[1]]
    # Time went on while it was away: 0.1 + 0.2 + 0.4 seconds of pauses.
    assert times[breaks[1]] - times[breaks[1] - 1] > 0.65


def test_a_stream_without_stamps_takes_arrival_times(serve):
    import cv2

    def motion_jpeg(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace;boundary=next")
        handler.end_headers()
        jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 99, np.uint8))[1].tobytes()
        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        try:
            for _ in range(200):
                handler.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(0.1)
        except OSError:
            return

    source = LiveSource(serve(motion_jpeg))
    assert (source.info.width_px, source.info.height_px) == (64, 48)
    frames = watch(source, until=lambda frames: len(frames) >= 15)
    assert len(frames) >= 15
    # Ten a second, though the format says 25.
    assert np.median(np.diff(seconds(frames))) == pytest.approx(0.1, abs=0.03)


def test_what_is_no_source(tmp_path):
    for name in ("missing", "folder", "empty", "text"):
        make, _ = NO_VIDEOS[name]
        with pytest.raises(InputError):
            LiveSource(str(make(tmp_path)))
    make, _ = NO_VIDEOS["audio only"]
    with pytest.raises(InputError, match="no video stream"):
        LiveSource(str(make(tmp_path)))
    with pytest.raises(InputError, match="camera 77 cannot be opened"):
        LiveSource("77")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="cannot be opened") as caught:
            LiveSource(f"http://me:secret@127.0.0.1:{port}/live?key=hidden")
    assert "secret" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_names_hide_passwords():
    assert public_name("rtsp://me:p@ss@host:8554/a/b?token=1") == "rtsp://host:8554/a/b"
    assert public_name("3") == "camera 3"
    assert public_name("/home/me/video.mp4") == "video.mp4"


def test_a_stream_that_says_nothing_is_opened_again(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(live, "FIRST_PAUSE_SEC", 0.1)
    monkeypatch.setattr(live, "READ_TIMEOUT_SEC", 0.5)
    part = write_video(tmp_path / "a.ts", num_frames=200, fps=100).read_bytes()

    def stall(handler):
        whole(part)(handler)
        time.sleep(3.0)

    said = []
    source = LiveSource(serve(whole(part), stall, whole(part)), log=said.append)
    frames = watch(source, until=lambda frames: len(frames) >= 230)
    assert len(frames) >= 230
    assert source.num_reconnects == 1
    assert "trying again in 0.1 s" in said[0]


def test_stop_ends_a_pause(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(live, "FIRST_PAUSE_SEC", 30.0)
    part = write_video(tmp_path / "a.ts", num_frames=3, fps=25).read_bytes()
    source = LiveSource(serve(whole(part), whole(part), refuse), log=lambda text: None)
    source.start()
    while source.get(0.05) is None:
        pass
    time.sleep(0.3)
    begin_sec = time.monotonic()
    source.stop()
    assert time.monotonic() - begin_sec < 1.0


def test_a_snapshot_address_is_asked_again_without_a_word(serve, monkeypatch):
    import cv2

    monkeypatch.setattr(live, "SNAPSHOT_SEC", 0.05)
    jpegs = [
        cv2.imencode(".jpg", np.full((48, 64, 3), grey, np.uint8))[1].tobytes()
        for grey in range(20, 220, 10)
    ]
    said = []
    url = serve(*(whole(one, kind="image/jpeg", length=len(one)) for one in jpegs))
    source = LiveSource(url, log=said.append)
    frames = watch(source, until=lambda frames: len(frames) >= 12)
    # The first answer was for the probe.
    greys = [int(one.frame.image[24, 32, 0]) for one, _ in frames[:12]]
    np.testing.assert_allclose(greys, np.arange(30, 150, 10), atol=3)
    assert (np.diff(seconds(frames)) > 0).all()
    assert [one.is_discontinuity for one, _ in frames] == [True] + [False] * (len(frames) - 1)
    assert len(said) == 1
    assert "returns one image per request" in said[0]
    assert source.num_reconnects == 0


def test_a_stall_is_told_in_plain_words(tmp_path, serve, monkeypatch):
    monkeypatch.setattr(live, "READ_TIMEOUT_SEC", 0.3)
    monkeypatch.setattr(live, "OPEN_TIMEOUT_SEC", 0.3)

    def stall(handler):
        time.sleep(2.0)

    with pytest.raises(InputError, match="no data came in time"):
        LiveSource(serve(stall))


def test_an_unexpected_error_of_the_reader_is_not_an_end(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("a fault of the program")

    source = LiveSource(str(write_video(tmp_path / "in.mp4", num_frames=30)))
    monkeypatch.setattr(source, "_put", fail)
    source.start()
    time.sleep(0.3)
    assert not source.is_over
    with pytest.raises(RuntimeError, match="a fault of the program"):
        source.get(0.05)
    source.stop()


def test_a_source_that_never_opens_is_given_up(monkeypatch):
    never = threading.Event()
    monkeypatch.setenv("STAD_MAX_DECODE_SEC", "0.5")
    monkeypatch.setattr(live, "av", SimpleNamespace(open=lambda *_, **__: never.wait()))
    with pytest.raises(InputError, match=r"camera 0 cannot be opened: .* within 0\.5 s"):
        LiveSource("0")
    never.set()


def test_a_read_that_never_returns_does_not_hold_up_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "STOP_TIMEOUT_SEC", 0.3)
    source = LiveSource(str(write_video(tmp_path / "in.mp4", num_frames=30)))
    never = threading.Event()
    monkeypatch.setattr(source, "_decode_in_time", lambda *_: never.wait() or ())
    source.start()
    assert source.get(0.1) is None
    begin_sec = time.monotonic()
    source.stop()
    assert 0.2 < time.monotonic() - begin_sec < 2.0
    never.set()


def test_frames_above_the_limit_are_refused(tmp_path, monkeypatch):
    path = write_video(tmp_path / "in.mp4", num_frames=5)
    monkeypatch.setenv("STAD_MAX_MEGAPIXELS", "0.01")
    with pytest.raises(InputError, match="STAD_MAX_MEGAPIXELS"):
        LiveSource(str(path))
    monkeypatch.setenv("STAD_MAX_MEGAPIXELS", "0.03")
    assert len(watch(LiveSource(str(path)))) == 5
