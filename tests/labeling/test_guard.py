"""What the label server refuses."""

import json
import socket
from pathlib import Path

import pytest

from stad.labeling.guard import MAX_BODY_BYTES
from tests.labeling.served import TOKEN

PATHS = [
    ("GET", "/"),
    ("GET", "/api/project"),
    ("GET", "/api/labels?video=a.mp4"),
    ("PUT", "/api/labels?video=a.mp4"),
    ("POST", "/api/track?video=a.mp4"),
    ("POST", "/api/classes"),
    ("GET", "/api/proposals?video=a.mp4"),
    ("GET", "/media?video=a.mp4"),
]


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", "\xfc"])
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_wrong_token_is_refused(served, method, path, token):
    answer = served.call(method, path, token=token)
    assert answer.status == 403
    assert b"stad label" in answer.body
    assert b"walk" not in answer.body


def test_the_token_may_be_in_the_address(served):
    assert served.call("GET", "/api/project", token=None, token_="x").status == 403
    address = f"/api/project?token={TOKEN}"
    assert served.call("GET", address, token=None).status == 200
    # The header counts if both are there.
    assert served.call("GET", address, token="wrong").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost:1:2", "", "10.0.0.7"]
)
def test_another_host_is_refused(served, host):
    answer = served.call("GET", "/api/project", headers={"Host": host})
    assert answer.status in (400, 403)
    assert b"walk" not in answer.body


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:9000", "[::1]:{port}"])
def test_the_loopback_address_is_answered_by_any_name_and_port(served, host):
    headers = {"Host": host.format(port=served.port)}
    assert served.call("GET", "/api/project", headers=headers).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://{own}"]
)
def test_another_origin_is_refused(served, origin):
    own = f"127.0.0.1:{served.port}"
    headers = {"Origin": origin.format(own=own)}
    assert served.call("GET", "/api/project", headers=headers).status == 403
    assert served.call("GET", "/api/project", headers={"Origin": f"http://{own}"}).status == 200


@pytest.mark.parametrize(
    "video",
    [
        "../secret.mp4",
        "/etc/passwd",
        "day 1/../../secret.mp4",
        "..%2Fsecret.mp4",
        "a.mp4\0",
        ".",
        "day 1",
        "classes.txt",
        "labels/a.mp4.json",
        "none.mp4",
        ".stad/hidden.mp4",
    ],
)
def test_names_that_are_no_videos_of_the_folder_are_refused(served, video):
    secret = served.folder.path.parent / "secret.mp4"
    secret.write_bytes(b"secret")
    hidden = served.folder.path / ".stad" / "hidden.mp4"
    hidden.parent.mkdir(exist_ok=True)
    hidden.write_bytes(b"secret")
    for method, path, body in (
        ("GET", "/media", None),
        ("GET", "/api/labels", None),
        ("GET", "/api/proposals", None),
        ("PUT", "/api/labels", {"revision": 0, "spans": []}),
        ("POST", "/api/track", {"time_sec": 0, "box": [0, 0, 9, 9]}),
    ):
        answer = served.call(method, path, body, video=video)
        assert answer.status == 404, (method, path)
        assert "There is no video" in answer.json["error"]
    assert not list(served.folder.path.rglob("*secret*.json"))


@pytest.mark.parametrize("path", ["/../secret.mp4", "/labels/a.mp4.json", "/a.mp4", "/api/none"])
def test_other_addresses_are_not_found(served, path):
    answer = served.call("GET", path)
    assert answer.status == 404
    assert answer.json == {"error": "Not Found."}


def test_other_methods_are_refused(served):
    assert served.call("DELETE", "/api/labels", video="a.mp4").status == 405


def test_a_body_that_is_too_large_is_refused_before_it_is_read(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as link:
        lines = [
            "PUT /api/labels?video=a.mp4 HTTP/1.1",
            f"Host: 127.0.0.1:{served.port}",
            f"X-Stad-Token: {TOKEN}",
            f"Content-Length: {MAX_BODY_BYTES + 1}",
        ]
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert b" 413 " in link.recv(4096).split(b"\r\n")[0]


def test_a_body_without_a_length_is_read_up_to_the_limit(served, monkeypatch):
    monkeypatch.setattr("stad.labeling.app.MAX_BODY_BYTES", 1000)
    pieces = iter([b"x" * 600] * 4)
    headers = {"Transfer-Encoding": "chunked"}
    body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"
    assert served.call("PUT", "/api/labels?video=a.mp4", body, headers=headers).status == 413


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(served, body):
    answer = served.call("PUT", "/api/labels", body, video="a.mp4")
    assert answer.status == 400
    assert answer.json["error"].startswith("The request must hold")


def test_the_page_allows_its_own_scripts_only(served):
    answer = served.call("GET", "/")
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "frame-ancestors 'none'" in policy
    assert json.dumps(TOKEN).encode() in answer.body
    for name, value in {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers


def test_the_server_listens_on_the_loopback_address_only(served):
    lines = Path("/proc/net/tcp").read_text().splitlines()
    rows = [line.split()[1] for line in lines if f":{served.port:04X} " in line]
    assert f"0100007F:{served.port:04X}" in rows
    assert not [one for one in rows if one.startswith("00000000")]
