"""Weights out of zip archives: one file is taken, by its name, verified, and kept alone."""

import dataclasses
import hashlib
import io
import zipfile

import pytest

from stad.errors import InputError
from stad.zoo.archives import find_member
from stad.zoo.files import cached_path, fetch, is_cached
from stad.zoo.weights import ZipWeights

CONTENT = b"network"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def zipped(**files):
    """Return a zip archive; '__' in a name is a slash."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_onnx", ".onnx"), content)
    return buffer.getvalue()


def damaged(archive):
    """Return the archive with wrong bytes behind the header and the name of its first file."""
    begin = 30 + len("end2end.onnx")
    return archive[:begin] + bytes(4) + archive[begin + 4 :]


@pytest.fixture
def weights(server):
    return ZipWeights(f"{server.url}/sdk/det_8xb32-05d8511e.zip", "end2end.onnx", SHA256)


def test_the_file_is_found_in_any_folder_and_kept_alone(server, weights, home):
    server.content["/sdk/det_8xb32-05d8511e.zip"] = zipped(
        a__b__detail_json=b"{}", **{"20230928__det__end2end_onnx": CONTENT}
    )
    assert not is_cached(weights)
    path = fetch(weights)
    assert path == home / "weights" / "det_8xb32-05d8511e.onnx"
    assert path.read_bytes() == CONTENT
    assert is_cached(weights)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    fetch(weights)
    assert len(server.requests) == 1


def test_a_path_in_the_archive_leads_nowhere(server, weights, home):
    server.content["/sdk/det_8xb32-05d8511e.zip"] = zipped(**{"..__..__end2end_onnx": CONTENT})
    fetch(weights)
    assert [one.name for one in home.rglob("*.onnx")] == ["det_8xb32-05d8511e.onnx"]
    assert not list(home.parent.glob("*.onnx"))


def test_without_a_published_hash_what_comes_is_kept(server, weights):
    server.content["/sdk/det_8xb32-05d8511e.zip"] = zipped(**{"end2end_onnx": b"other"})
    assert fetch(dataclasses.replace(weights, sha256="")).read_bytes() == b"other"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (zipped(**{"end2end_onnx": b"other"}), "SHA-256 mismatch"),
        (zipped(**{"det_onnx": CONTENT}), "has 0 files named end2end.onnx"),
        (zipped(**{"a__end2end_onnx": CONTENT, "end2end_onnx": b""}), "has 2 files named"),
        (b"<html>moved</html>", "not a readable archive"),
        (damaged(zipped(**{"end2end_onnx": CONTENT * 99})), "not a readable archive"),
    ],
)
def test_damaged_and_other_archives_leave_nothing(server, weights, body, message):
    server.content["/sdk/det_8xb32-05d8511e.zip"] = body
    with pytest.raises(InputError, match=message) as raised:
        fetch(weights)
    path = cached_path(weights)
    assert f"take end2end.onnx out of it and save it as {path}" in str(raised.value)
    assert list(path.parent.iterdir()) == []


def test_no_archive(server, weights):
    with pytest.raises(InputError, match="answered 404"):
        fetch(weights)
    assert list(cached_path(weights).parent.iterdir()) == []


def test_encrypted_archives_are_unreadable(tmp_path, server, weights):
    body = bytearray(zipped(**{"end2end_onnx": CONTENT}))
    # Bit 0 of the flags, in the local header and in the directory.
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    server.content["/sdk/det_8xb32-05d8511e.zip"] = bytes(body)
    with pytest.raises(InputError, match=r"is not a readable archive .*encrypted"):
        fetch(weights)
    (tmp_path / "a.zip").write_bytes(body)
    assert find_member(tmp_path / "a.zip", "end2end.onnx") == "end2end.onnx"
