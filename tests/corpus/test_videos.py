"""What the words of a command name, and which of it is the same."""

from __future__ import annotations

import shutil

import fsspec
import pytest

from stad.corpus.identity import identify
from stad.corpus.videos import list_files
from stad.errors import InputError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.mp4", "a.MKV", "sub/c.avi", "sub/deep/d.mp4", "x/[1].mp4"):
        path = tmp_path / "v" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
    for name in ("notes.doc", ".hidden.mp4", ".cache/e.mp4", "v.txt"):
        path = tmp_path / "v" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a.MKV\n")
    return tmp_path


def names(files, base):
    return [one.path.removeprefix(f"{base}/") for one in files]


def test_a_folder_is_searched_for_the_endings_of_videos(folder):
    found = list_files([str(folder / "v")])
    expected = ["v/a.MKV", "v/b.mp4", "v/sub/c.avi", "v/sub/deep/d.mp4", "v/x/[1].mp4"]
    assert names(found, folder) == expected
    assert [one.size_bytes for one in found[:2]] == [500, 500]


def test_patterns_and_files_each_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names(list_files(["v/*"]), folder) == ["v/a.MKV", "v/b.mp4"]
    assert names(list_files(["v/*.doc"]), folder) == ["v/notes.doc"]
    found = list_files(["v/sub/deep/d.mp4", "v/**/*.mp4", "v/notes.doc", "v/x/[1].mp4"])
    assert names(found, folder) == ["v/sub/deep/d.mp4", "v/b.mp4", "v/x/[1].mp4", "v/notes.doc"]


def test_lists_name_everything_but_lists(folder):
    listing = folder / "list.txt"
    listing.write_text("# today\n v/b.mp4\n\nv/sub\ngone.mp4\nv/*.MKV\n")
    found = list_files([str(listing)])
    expected = ["v/b.mp4", "v/sub/c.avi", "v/sub/deep/d.mp4", "gone.mp4", "v/a.MKV"]
    assert names(found, folder) == expected
    videos = identify(found)
    assert [one.problem and one.problem[0] for one in videos] == [None] * 3 + ["missing", None]
    listing.write_text("v/v.txt")
    with pytest.raises(InputError, match=r"names the list .*v.txt. Give both"):
        list_files([str(listing)])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("gone.mp4", "No such file: gone.mp4"),
        ("v/*.webm", r"There is no video in v/\*.webm"),
        ("v/.cache/none", "No such file"),
        ("nonsense://a/b.mp4", "Cannot read nonsense://a/b.mp4"),
        ("http://127.0.0.1/videos/", "cannot be listed. Name its videos"),
        ("memory://nothing/", "There is nothing at memory://nothing/"),
    ],
)
def test_words_that_name_nothing(folder, monkeypatch, word, message):
    monkeypatch.chdir(folder)
    with pytest.raises(InputError, match=message):
        list_files([word])


def test_urls_of_a_store(folder):
    store = fsspec.filesystem("memory")
    for name in ("v/a.mp4", "v/sub/b.mkv", "v/c.doc"):
        store.pipe_file(f"/here/{name}", name.encode())
    store.pipe_file("/here/list.txt", b"memory://here/v/a.mp4\nmemory://here/gone.mp4\n")
    try:
        both = ["memory:///here/v/a.mp4", "memory:///here/v/sub/b.mkv"]
        assert [one.path for one in list_files(["memory://here/v"])] == both
        assert [one.path for one in list_files(["memory://here/v/*.mp4"])] == both[:1]
        assert [one.path for one in list_files(["memory://here/v/a.mp4"])] == both[:1]
        listed = list_files(["memory://here/list.txt"])
        assert [one.path for one in listed] == [both[0], "memory://here/gone.mp4"]
        assert [one.problem and one.problem[0] for one in identify(listed)] == [None, "missing"]
    finally:
        store.rm("/here", recursive=True)


def test_the_same_content_is_one_video_wherever_it_is(folder):
    copy = folder / "copy.mp4"
    shutil.copy(folder / "v" / "b.mp4", copy)
    store = fsspec.filesystem("memory")
    store.pipe_file("/here/b.mp4", copy.read_bytes())
    try:
        files = list_files([str(folder / "v"), str(copy), "memory://here/b.mp4"])
        videos = identify(files)
    finally:
        store.rm("/here", recursive=True)
    assert len(files) == 7
    assert len(videos) == 5
    assert videos[1].path == str(folder / "v" / "b.mp4")
    assert videos[1].copies == (str(copy), "memory:///here/b.mp4")
    moved = folder / "moved.mp4"
    copy.rename(moved)
    assert identify(list_files([str(moved)]))[0].key == videos[1].key


def test_empty_files_are_a_problem_each(folder):
    for name in ("e.mp4", "f.mp4"):
        (folder / name).touch()
    videos = identify(list_files([str(folder / "*.mp4")]))
    assert [one.problem[0] for one in videos] == ["empty", "empty"]
    assert videos[0].key != videos[1].key
