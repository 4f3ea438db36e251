"""Videos that come: whole, as forms, too large, broken off, and under hostile names."""

from __future__ import annotations

import socket
import time

import pytest

from stad.serving import intake
from stad.serving.jobs import SOURCE
from stad.serving.settings import ServiceSettings
from tests.serving.served import BOUNDARY, serve_settings
from tests.videos import write_file, write_video

NAMES = [
    *("../../../etc/passwd", "..%2f..%2fx", "/etc/passwd", "a\x00b", "CON", ".", "", "~", "$(id)"),
    *("a;rm -rf.mp4", "<img src=x onerror=alert(1)>", "\u202egpj.mp4", "x" * 1500, "ünï.mp4"),
]


def files_of(served):
    """All files below the folder of the service, but those of the queue."""
    root = served.service.settings.folder
    found = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    return sorted(one for one in found if not one.startswith(("queue.sqlite", "lock")))


def test_an_upload_becomes_a_job(empty, video):
    answer = empty.upload(video, query="name=my%20party.mp4&video=false")
    assert answer.status == 201
    job = answer.json
    assert answer.headers["location"] == f"/api/jobs/{job['id']}"
    assert (job["name"], job["state"], job["origin"]) == ("my party.mp4", "queued", "upload")
    assert (job["duration_sec"], job["size_bytes"]) == (1.0, video.stat().st_size)
    assert (job["files"], job["num_before"], job["progress"]) == ({}, 0, None)
    assert files_of(empty) == [f"jobs/{job['id']}/{SOURCE}"]
    kept = empty.service.folders.of_job(job["id"]) / SOURCE
    assert kept.read_bytes() == video.read_bytes()
    second = empty.upload(video).json
    assert (second["num_before"], second["number"]) == (1, job["number"] + 1)
    listed = empty.call("GET", "/api/jobs").json
    assert [one["id"] for one in listed["jobs"]] == [second["id"], job["id"]]
    assert listed["counts"]["queued"] == 2


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_never_file_names(empty, video, name):
    plain = name.encode(errors="replace").decode()
    answer = empty.form(video.read_bytes(), name=plain.replace('"', "").replace("\x00", ""))
    assert answer.status == 201
    assert files_of(empty) == [f"jobs/{answer.json['id']}/{SOURCE}"]
    assert len(answer.json["name"]) <= intake.MAX_NAME
    assert "/" not in answer.json["name"]


def test_a_form_in_small_pieces_is_the_same(empty, video):
    """The boundary is cut at every place."""
    body = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="b.mp4"\r\n\r\n'
    ).encode()
    body += video.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
    pieces = (body[i : i + 7] for i in range(0, len(body), 7))
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = empty.call("POST", "/api/jobs", pieces, headers=headers)
    assert (answer.status, answer.json["name"]) == (201, "b.mp4")
    kept = empty.service.folders.of_job(answer.json["id"]) / SOURCE
    assert kept.read_bytes() == video.read_bytes()


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"", "video/mp4", 400, "is empty"),
        (b"no video\n" * 50, "video/mp4", 400, "cannot be read as one"),
        (b"x" * 3_000_000, "video/mp4", 413, "larger than 0.1 MB"),
        (b"x", "multipart/form-data", 400, "no file"),
        (b"no form", "multipart/form-data; boundary=x", 400, "no file"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
            *("multipart/form-data; boundary=x", 400, "no file"),
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nhalf',
            *("multipart/form-data; boundary=x", 400, "interrupted"),
        ),
    ],
)
def test_what_is_not_a_video_is_refused_and_leaves_nothing(empty, body, kind, status, message):
    answer = empty.call("POST", "/api/jobs?name=a.mp4", body, headers={"Content-Type": kind})
    assert (answer.status, message in answer.error) == (status, True), answer.error
    assert str(empty.service.settings.folder) not in answer.error
    assert files_of(empty) == []
    assert empty.call("GET", "/api/jobs").json["jobs"] == []


def test_the_size_is_limited_while_it_comes(empty):
    """Without a length in the header, and in other parts of a form, too."""
    sent = []

    def pieces(head: bytes):
        yield head
        for _ in range(400):
            sent.append(1)
            yield b"x" * 10_000

    answer = empty.call("POST", "/api/jobs", pieces(b""))
    assert (answer.status, files_of(empty)) == (413, [])
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="note"\r\n\r\n'.encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = empty.call("POST", "/api/jobs", pieces(head), headers=headers)
    assert (answer.status, files_of(empty)) == (413, [])


def test_an_upload_that_breaks_off_or_falls_silent_leaves_nothing(empty, monkeypatch):
    head = b"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", empty.port)) as broken:
        broken.sendall(head + b"x" * 1000)
        wait_for(lambda: files_of(empty))
    wait_for(lambda: not files_of(empty))
    monkeypatch.setattr(intake, "SILENCE_SEC", 0.2)
    with socket.create_connection(("127.0.0.1", empty.port)) as silent:
        silent.sendall(head + b"x" * 1000)
        assert b"408" in silent.recv(1000)
    assert files_of(empty) == []
    assert empty.service.arrivals.slots.num_taken == 0


def wait_for(is_true):
    end = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_full_disk_is_said(empty, video, monkeypatch):
    monkeypatch.setattr(empty.service.folders, "free_bytes", lambda: 1000)
    answer = empty.upload(video)
    assert (answer.status, answer.error) == (507, "The disk of the service is full.")


def test_the_queue_and_the_uploads_are_bounded(tmp_path, video):
    settings = ServiceSettings(folder=tmp_path / "data", max_queue=2, max_uploads=1)
    with serve_settings(settings) as served:
        for _ in range(2):
            assert served.upload(video).status == 201
        full = served.upload(video)
        assert (full.status, full.headers["retry-after"]) == (429, "30")
        assert "2 videos are waiting" in full.error
        # Before the body is read.
        full = served.call("POST", "/api/jobs", b"x" * 1_000_000)
        assert full.status == 429
        assert files_of(served) == sorted(
            f"jobs/{one['id']}/{SOURCE}" for one in served.call("GET", "/api/jobs").json["jobs"]
        )
        for job in served.call("GET", "/api/jobs").json["jobs"]:
            assert served.call("POST", f"/api/jobs/{job['id']}/cancel").json["state"] == "cancelled"
        with served.service.arrivals.slots.slot():
            busy = served.upload(video)
            assert (busy.status, busy.headers["retry-after"]) == (429, "2")
        assert served.upload(video).status == 201


def test_videos_of_the_folder_are_named(empty, video):
    root = empty.service.settings.videos
    inside = write_video(root / "day 1" / "b.mp4", num_frames=12)
    job = empty.call("POST", "/api/jobs/named", {"path": "day 1/b.mp4", "video": False})
    assert (job.status, job.json["name"], job.json["origin"]) == (201, "b.mp4", "path")
    kept = empty.service.folders.of_job(job.json["id"]) / SOURCE
    assert kept.resolve() == inside.resolve()
    named = empty.call("POST", "/api/jobs/named", {"path": str(inside), "name": "../x/my.mp4"})
    assert named.json["name"] == "my.mp4"
    # The video of the folder stays when its job goes.
    assert empty.call("DELETE", f"/api/jobs/{job.json['id']}").status == 204
    assert inside.is_file()


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.mp4", "day 1/../../secret.mp4", "/etc/passwd", "out", "out/secret.mp4"),
        *("linked.mp4", "day 1", "", ".", "..", "none.mp4", "a\x00b", "x" * 1999, "~/a.mp4"),
        *("file:///etc/passwd", "http://127.0.0.1/a.mp4", "day 1\\..\\..\\secret.mp4", "loop"),
    ],
)
def test_no_other_file_can_be_named(empty, video, path):
    root = empty.service.settings.videos
    secret = write_file(root.parent / "secret.mp4", video.read_bytes())
    for name, target in (("out", root.parent), ("linked.mp4", secret), ("loop", root / "loop")):
        if not (root / name).is_symlink():
            (root / name).symlink_to(target)
    answer = empty.call("POST", "/api/jobs/named", {"path": path})
    assert (answer.status, answer.error) == (404, "There is no such video.")
    assert files_of(empty) == []


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "give a path or a url"),
        ({"path": "a", "url": "http://a/"}, 422, "give a path or a url"),
        ({"path": 3}, 422, "path: Input should be a valid string"),
        ({"path": "a", "out": "/etc/x"}, 422, "out: Extra inputs are not permitted"),
        ({"url": "http://example.com/a.mp4"}, 403, "takes no URLs"),
        (["a"], 422, "The request: "),
        (b"{", 422, "The request: "),
    ],
)
def test_wrong_names_are_refused(empty, body, status, message):
    answer = empty.call("POST", "/api/jobs/named", body)
    assert answer.status == status
    assert message in answer.error
