"""The sample video: only the right bytes get the name in the cache."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from stad.errors import InputError
from stad.zoo import sample as sample_module
from stad.zoo.sample import Sample, fetch_sample

VIDEO = b"a video, for all that matters here"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sample:
    """A sample whose bytes the test has, as the one that is known, and an empty cache."""
    known = Sample("walk.avi", hashlib.sha256(VIDEO).hexdigest())
    monkeypatch.setenv("STAD_HOME", str(tmp_path))
    monkeypatch.setattr(sample_module, "VTEST", known)
    return known


def test_a_verified_video_in_the_cache_is_returned_without_a_word(known: Sample, tmp_path: Path):
    path = tmp_path / "samples" / known.file_name
    path.parent.mkdir()
    path.write_bytes(VIDEO)
    said = []
    assert fetch_sample(say=said.append) == path
    assert said == []


def test_right_bytes_get_the_name(known: Sample, tmp_path: Path):
    path = sample_module._keep(io.BytesIO(VIDEO), tmp_path, known)
    assert path == tmp_path / known.file_name
    assert path.read_bytes() == VIDEO
    assert [entry.name for entry in tmp_path.iterdir()] == [known.file_name]


def test_wrong_bytes_leave_nothing_behind(known: Sample, tmp_path: Path):
    with pytest.raises(InputError, match=r"walk\.avi should have the SHA-256"):
        sample_module._keep(io.BytesIO(VIDEO[:-1]), tmp_path, known)
    assert list(tmp_path.iterdir()) == []


def test_when_every_source_fails_the_message_names_them_all(
    known: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # No command and no host can be reached under these names.
    monkeypatch.setattr(sample_module, "VTEST_URL", "http://127.0.0.1:9/vtest.avi")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sample_module.sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(InputError, match=r"OpenCV.*Debian.*sports2d==") as raised:
        fetch_sample(say=lambda line: None)
    assert str(tmp_path / "samples") in str(raised.value)
