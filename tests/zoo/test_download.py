"""Downloads: what is in the cache is complete and right, or it is not there."""

import concurrent.futures
import hashlib
import threading
from pathlib import Path

import pytest

from stad.errors import InputError
from stad.utils import download
from stad.utils.cache import cache_dir
from stad.utils.download import download_url
from stad.zoo import files
from stad.zoo.files import cached_path, fetch, is_cached
from stad.zoo.weights import ShippedWeights, UrlWeights

CONTENT = b"weights, as far as this test goes" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
# Port 9 of this machine: nobody listens there.
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def weights(server):
    """Weights that the server has, known by the first 8 digits of their hash."""
    server.content["/zoo/net_20220906-1234.pth"] = CONTENT
    return UrlWeights(f"{server.url}/zoo/net_20220906-1234.pth", SHA256[:8])


def test_a_download_is_verified_and_asked_for_once(weights, server, home):
    assert not is_cached(weights)
    path = fetch(weights)
    assert path == home / "weights" / "net_20220906-1234.pth" == cached_path(weights)
    assert path.read_bytes() == CONTENT
    assert is_cached(weights)
    assert fetch(weights) == path
    assert server.requests == ["/zoo/net_20220906-1234.pth"]
    assert list(path.parent.iterdir()) == [path]


def test_the_cache_serves_without_a_network(home):
    weights = UrlWeights(f"{NOBODY}/a.pth", SHA256)
    cached_path(weights).parent.mkdir()
    cached_path(weights).write_bytes(CONTENT)
    assert fetch(weights).read_bytes() == CONTENT


@pytest.mark.parametrize("sha256", [SHA256, SHA256.upper()[:10], ""])
def test_hashes_whole_and_begun_and_unknown(server, sha256):
    server.content["/a.pth"] = CONTENT
    assert fetch(UrlWeights(f"{server.url}/a.pth", sha256)).read_bytes() == CONTENT


def test_another_hash_is_refused_and_leaves_nothing(server, home):
    server.content["/a.pth"] = b"something else"
    got = hashlib.sha256(b"something else").hexdigest()[:8]
    with pytest.raises(InputError, match=rf"SHA-256 mismatch \(expected {SHA256[:8]}, got {got}\)"):
        fetch(UrlWeights(f"{server.url}/a.pth", SHA256[:8]))
    assert list((home / "weights").iterdir()) == []


def test_a_damaged_file_is_replaced(weights):
    cached_path(weights).parent.mkdir()
    cached_path(weights).write_bytes(CONTENT[:-1])
    assert not is_cached(weights)
    assert fetch(weights).read_bytes() == CONTENT


def test_a_damaged_file_stays_where_no_other_can_be_had():
    weights = UrlWeights(f"{NOBODY}/a.pth", SHA256)
    cached_path(weights).parent.mkdir()
    cached_path(weights).write_bytes(b"mine")
    with pytest.raises(InputError, match="is there, but its hash is wrong"):
        fetch(weights)
    assert cached_path(weights).read_bytes() == b"mine"


def test_a_transfer_that_breaks_off_is_refused(weights, server, home):
    server.claimed_bytes = len(CONTENT) + 5
    with pytest.raises(InputError, match="was interrupted"):
        fetch(weights)
    assert list((home / "weights").iterdir()) == []


def test_a_missing_file_names_the_url_and_the_place(server, home):
    url = f"{server.url}/gone.pth"
    with pytest.raises(InputError) as raised:
        fetch(UrlWeights(url, SHA256[:8]))
    text = str(raised.value)
    assert f"{url} cannot be fetched: {server.url[7:]} answered 404" in text
    assert f"save it as {home / 'weights' / 'gone.pth'}" in text
    assert "\n" not in text


def test_a_dead_host_is_not_asked_twice(home):
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9 cannot be reached \(.*refused"):
        fetch(UrlWeights(f"{NOBODY}/a.pth", SHA256))
    assert list(download._unreachable) == ["127.0.0.1:9"]
    # The second one is refused by memory: it would be served otherwise.
    with pytest.raises(InputError, match=r"b\.pth cannot be fetched: 127\.0\.0\.1:9"):
        fetch(UrlWeights(f"{NOBODY}/b.pth", SHA256))


def test_a_dead_host_is_asked_again_after_a_while(weights, server):
    host = server.url[7:]
    download.remember_unreachable(host, "asleep")
    with pytest.raises(InputError, match="asleep"):
        fetch(weights)
    download._unreachable[host] = (0.0, "asleep")
    assert fetch(weights).is_file()


def test_many_at_once_never_see_half_a_file(weights):
    barrier = threading.Barrier(4)

    def read(_):
        barrier.wait()
        return fetch(weights).read_bytes()

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert set(pool.map(read, range(4))) == {CONTENT}
    assert list(cached_path(weights).parent.iterdir()) == [cached_path(weights)]


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A file in the place of those that come with stad, and what is known of it."""
    monkeypatch.setattr(files, "SHIPPED", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "small.pth").write_bytes(CONTENT)
    return ShippedWeights("small.pth", SHA256)


def test_shipped_weights_are_used_where_they_lie(shipped, tmp_path, home):
    assert is_cached(shipped)
    assert fetch(shipped) == cached_path(shipped) == tmp_path / "shipped" / "small.pth"
    assert list(home.iterdir()) == []
    assert shipped.origin == "small.pth, shipped with stad"


@pytest.mark.parametrize("content", [None, CONTENT[:-1]], ids=["gone", "damaged"])
def test_shipped_weights_that_are_not_what_was_shipped(shipped, content):
    path = cached_path(shipped)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert not is_cached(shipped)
    with pytest.raises(InputError) as raised:
        fetch(shipped)
    text = str(raised.value)
    assert ("its hash is wrong" in text) == (content is not None)
    assert f"{path} is missing or was changed" in text
    assert f"Take small.pth out of stad's sources and save it as {path}" in text


def test_download_to_a_path_of_ones_own(server, tmp_path):
    server.content["/v.avi"] = CONTENT
    download_url(f"{server.url}/v.avi", tmp_path / "new" / "v.avi", sha256=SHA256)
    assert (tmp_path / "new" / "v.avi").read_bytes() == CONTENT
    # As any new file of this user, not as the secret that a temporary file is.
    (tmp_path / "plain").touch()
    assert (tmp_path / "new" / "v.avi").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_cache_that_cannot_be_written(weights, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("STAD_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot be written .*\. Set STAD_HOME"):
        fetch(weights)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"STAD_HOME": "/a/b"}, Path("/a/b")),
        ({"STAD_HOME": "~/b"}, Path.home() / "b"),
        ({"XDG_CACHE_HOME": "/c"}, Path("/c/stad")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "stad"),
        ({}, Path.home() / ".cache" / "stad"),
    ],
)
def test_where_the_cache_is(monkeypatch, variables, expected):
    for name in ("STAD_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_dir() == expected
