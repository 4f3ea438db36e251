"""Fetching a data set: broken lines, resumption, checksums, from a server on this machine."""

import hashlib
import http.server
import io
import re
import threading
import zipfile

import pytest

from stad.datasets.prepare import ava as prepare
from stad.datasets.prepare.ava import Downloads, Wanted, unpack_annotations, wanted_videos
from stad.errors import InputError

CONTENT = bytes(range(256)) * 40


class Handler(http.server.BaseHTTPRequestHandler):
    """One file, with ranges; the first answer stops half way where the server says so."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        begin = 0
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or ""):
            begin = int(match[1])
        if self.path == "/none" or begin > len(CONTENT):
            self.send_error(404)
            return
        if begin == len(CONTENT):
            self.send_error(416)
            return
        body = CONTENT[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{server.md5}"')
        self.end_headers()
        if server.stop_after:
            body, server.stop_after = body[: server.stop_after], 0
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as one:
        one.ranges, one.stop_after = [], 0
        one.md5 = hashlib.md5(CONTENT).hexdigest()
        one.url = f"http://127.0.0.1:{one.server_address[1]}"
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def test_a_broken_download_goes_on_where_it_was(server, tmp_path):
    server.stop_after = 1000
    wanted = Wanted(f"{server.url}/a.mkv", "videos/a.mkv")
    with pytest.raises(InputError, match="run this again to resume"):
        Downloads(tmp_path).fetch(wanted)
    assert not (tmp_path / "videos" / "a.mkv").exists()
    assert (tmp_path / "videos" / "a.mkv.part").stat().st_size == 1000
    path = Downloads(tmp_path).fetch(wanted)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=1000-"]
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert (tmp_path / "SHA256SUMS").read_text() == f"{digest}  videos/a.mkv\n"


def test_what_is_complete_is_not_fetched_again(server, tmp_path):
    wanted = Wanted(f"{server.url}/a", "a")
    path = Downloads(tmp_path).fetch(wanted)
    Downloads(tmp_path).fetch(wanted)
    Downloads(tmp_path, check=True).fetch(wanted)
    assert server.ranges == [None]
    path.write_bytes(b"changed")
    assert Downloads(tmp_path, check=True).fetch(wanted).read_bytes() == CONTENT


def test_a_part_that_is_complete_or_too_long_is_not_trusted(server, tmp_path):
    (tmp_path / "a.part").write_bytes(CONTENT)
    assert Downloads(tmp_path).fetch(Wanted(f"{server.url}/a", "a")).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-", None]


def test_damage_on_the_way_is_found(server, tmp_path):
    server.md5 = "0" * 32
    with pytest.raises(InputError, match=r"MD5 mismatch.*damaged download was deleted"):
        Downloads(tmp_path).fetch(Wanted(f"{server.url}/a", "a"))
    assert not (tmp_path / "a.part").exists()


def test_what_is_not_there_is_told(server, tmp_path):
    with pytest.raises(InputError, match="answered 404"):
        Downloads(tmp_path).fetch(Wanted(f"{server.url}/none", "none"))
    with pytest.raises(InputError, match="cannot be fetched"):
        Downloads(tmp_path).fetch(Wanted("http://127.0.0.1:1/a", "a"))


def test_annotations_are_unpacked_beside_the_zip(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ava_v2.1/ava_val_v2.1.csv", "a,1,0,0,1,1,3\n")
        archive.writestr("../evil.csv", "x")
        archive.writestr("run.sh", "x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(buffer.getvalue())
    names = [path.name for path in unpack_annotations(tmp_path / "in" / "a.zip")]
    assert names == ["ava_val_v2.1.csv", "evil.csv"]
    assert {path.name for path in tmp_path.rglob("*")} == {"in", "a.zip", *names}
    assert not (tmp_path / "evil.csv").exists()


def test_videos_are_those_of_the_list(tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("a.mkv\nb.mp4\n")
    everything = wanted_videos(names)
    assert [one.name for one in everything] == ["videos/a.mkv", "videos/b.mp4"]
    assert everything[0].url == prepare.VIDEOS + "a.mkv"
    assert [one.name for one in wanted_videos(names, frozenset({"b"}))] == ["videos/b.mp4"]
    names.write_text("../x.mkv\n")
    with pytest.raises(InputError, match="not a list of file names"):
        wanted_videos(names)
