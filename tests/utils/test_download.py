"""Downloads that resume, and hosts that are remembered as unreachable."""

import hashlib
import urllib.parse

import pytest

from stad.errors import InputError
from stad.utils import download
from stad.utils.download import download_url
from tests.zoo.servers import serve

CONTENT = bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def no_hosts(monkeypatch):
    """No host is known yet."""
    monkeypatch.setattr(download, "_unreachable", {})
    monkeypatch.setattr(download, "_answered", set())


@pytest.fixture
def server():
    with serve() as files:
        files.content["/a"] = CONTENT
        yield files


def test_a_server_without_ranges_sends_the_whole_file_again(server, tmp_path):
    (tmp_path / "a.part").write_bytes(b"something else")
    digest = hashlib.sha256(CONTENT).hexdigest()
    download_url(f"{server.url}/a", tmp_path / "a", sha256=digest, resume=True)
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_resumed_download_with_another_hash_is_deleted(server, tmp_path):
    with pytest.raises(InputError, match="SHA-256"):
        download_url(f"{server.url}/a", tmp_path / "a", sha256="0" * 64, resume=True)
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_kept_when_the_transfer_breaks_off(server, tmp_path):
    server.claimed_bytes = len(CONTENT) + 1
    with pytest.raises(InputError, match=r"was interrupted after 5120 of 5121 bytes.*to resume"):
        download_url(f"{server.url}/a", tmp_path / "a", resume=True)
    assert (tmp_path / "a.part").read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_an_error(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"Cannot write .*/file/a\.part: "):
        download_url(f"{server.url}/a", tmp_path / "file" / "a", resume=True)


def test_one_failure_of_a_host_that_answered_is_not_remembered(server, tmp_path, monkeypatch):
    host = urllib.parse.urlsplit(server.url).netloc
    download_url(f"{server.url}/a", tmp_path / "a", resume=True)

    def refuse(*_, **__):
        raise ConnectionRefusedError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(download.urllib.request, "urlopen", refuse)
        with pytest.raises(InputError, match=f"{host} cannot be reached"):
            download_url(f"{server.url}/a", tmp_path / "b", resume=True)
    download_url(f"{server.url}/a", tmp_path / "b", resume=True)
    assert (tmp_path / "b").read_bytes() == CONTENT
