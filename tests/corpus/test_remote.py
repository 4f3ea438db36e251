"""Videos and results in S3, and videos of a web server, both on loopback."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest

from stad.corpus import fetching
from stad.corpus.fetching import Fetcher
from stad.corpus.identity import Video, identify
from stad.corpus.videos import list_files
from stad.errors import InputError
from tests.corpus.corpora import content, make_videos, rows, tiny_options, tiny_weights
from tests.corpus.inline import run_inline


@pytest.fixture(scope="module")
def s3():
    """A file system of a server that answers as S3 does."""
    monkeypatch = pytest.MonkeyPatch()
    moto_server = pytest.importorskip("moto.server")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    fs = fsspec.filesystem("s3", skip_instance_cache=True)
    fs.clear_instance_cache()
    fs.mkdir("videos")
    fs.mkdir("results")
    yield fs
    fs.clear_instance_cache()
    server.stop()
    monkeypatch.undo()


def test_videos_and_results_in_s3(s3, tmp_path):
    good = make_videos(tmp_path / "videos", 3, num_frames=40)
    for path in good:
        s3.put_file(str(path), f"videos/day/{path.name}")
    s3.put_file(str(good[0]), "videos/day/copy.mp4")
    s3.pipe_file("videos/day/empty.mp4", b"")
    s3.pipe_file("videos/day/text.mkv", b"not a video\n" * 50)
    s3.pipe_file("videos/day/notes.doc", b"nothing")
    options = tiny_options(tiny_weights(tmp_path / "tiny.pth"))
    run, _ = run_inline(["s3://videos"], "s3://results/first", options, split_sec=0.5)
    assert run.summary.num_done == 3
    assert run.summary.num_copies == 1
    assert run.summary.failed == {"empty": 1, "not a video": 1}
    failures = rows("s3://results/first", "failures")
    text = next(row for row in failures if row["kind"] == "not a video")
    assert text["path"] == "s3://videos/day/text.mkv"
    assert "s3://videos/day/text.mkv cannot be read as one" in text["message"]
    assert not s3.find("results/first/parts")
    assert not s3.find("results/first/runs")

    run_inline([tmp_path / "videos"], tmp_path / "results", options)
    found, local = content("s3://results/first"), content(tmp_path / "results")
    # Names and marks of files differ, what was found does not.
    for table in ("tracks", "keyframes", "segments"):
        without = [
            sorted(str({key: one for key, one in row.items() if key != "video"}) for row in side)
            for side in (found[table], local[table])
        ]
        assert without[0] == without[1], table
    again, tasks = run_inline(["s3://videos/day/*.mp4"], "s3://results/first", options)
    assert (again.summary.done_before, again.summary.num_done, tasks) == (3, 0, [])


def test_what_s3_does_not_have(s3):
    with pytest.raises(InputError, match="There is nothing at s3://videos/none"):
        list_files(["s3://videos/none"])
    with pytest.raises(InputError, match="s3://nobucket"):
        list_files(["s3://nobucket/none/*.mp4"])


class RangeHandler(SimpleHTTPRequestHandler):
    """A web server with ranges; its first answers may be an error."""

    failures = 0

    def do_GET(self):
        path = self.translate_path(self.path)
        if type(self).failures:
            type(self).failures -= 1
            self.send_error(503)
            return
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - a text
                whole = file.read()
        except OSError:
            self.send_error(404)
            return
        wanted = self.headers.get("Range")
        first, _, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
        part = whole[int(first) : int(last) + 1 if last else None]
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            end = int(first) + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(whole)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)

    def log_message(self, *_):
        pass


@pytest.fixture(params=[RangeHandler, SimpleHTTPRequestHandler])
def web(request, tmp_path):
    """A folder and its address on a web server, which has ranges or not."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = functools.partial(request.param, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}", request.param
    server.shutdown()


def test_videos_of_a_web_server(web, tmp_path, monkeypatch):
    folder, address, kind = web
    (good,) = make_videos(folder, 1)
    (folder / "list.txt").write_text(f"{address}/00.mp4\n{address}/gone.mp4\n")
    videos = identify(list_files([f"{address}/list.txt"]))
    assert [one.problem and one.problem[0] for one in videos] == [None, "missing"]
    if kind is RangeHandler:
        assert videos[0].key == identify(list_files([str(good)]))[0].key
        monkeypatch.setattr(fetching, "PAUSE_SEC", 0.0)
        kind.failures = 1
    fetcher = Fetcher()
    copy = fetcher.path(videos[0])
    assert copy.read_bytes() == good.read_bytes()
    assert fetcher.path(videos[0]) == copy
    fetcher.forget()
    assert not copy.exists()


def test_what_cannot_be_fetched(tmp_path, monkeypatch):
    store = fsspec.filesystem("memory")
    store.pipe_file("/here/a.mp4", b"video")
    huge = Video("a", "memory://here/a.mp4", 10**18)
    with pytest.raises(InputError, match=r"has 1000000000.0 GB, and .* Set TMPDIR to a folder"):
        Fetcher().path(huge)
    gone = Video("b", "memory://here/b.mp4", 10)
    with pytest.raises(InputError, match="cannot be read from this machine"):
        Fetcher().path(gone)
    elsewhere = Video("c", str(tmp_path / "c.mp4"), 10)
    with pytest.raises(InputError, match="A cluster needs videos that each of its machines"):
        Fetcher().path(elsewhere)
    store.rm("/here", recursive=True)
