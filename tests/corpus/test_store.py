"""Check the store of a corpus: what counts, exactly once, in folders and on fsspec URLs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stad.corpus import compaction
from stad.corpus.place import Place
from stad.corpus.schema import SCHEMAS, TABLES, model_key
from stad.corpus.store import ResultStore
from stad.errors import InputError
from tests.corpus.rows import (
    AT,
    CLASSES,
    MODEL,
    check_whole,
    make_failure,
    make_results,
    read_rows,
)


@pytest.fixture(params=["folder", "memory"])
def url(request, tmp_path) -> str:
    return str(tmp_path / "results") if request.param == "folder" else f"memory:/{tmp_path}/results"


@pytest.fixture
def store(url) -> ResultStore:
    return ResultStore.open(url, create=True)


def test_rows_are_those_that_were_added(store):
    assert store.add(MODEL, make_results(1, warnings=("dark",), copies=("b.mp4",)))
    key = make_results(1).video.key
    assert read_rows(store, "videos") == [
        {
            "video": key,
            "path": "videos/1.mp4",
            "copies": ["b.mp4"],
            "size_bytes": 1001,
            "duration_sec": 10.0,
            "width_px": 320,
            "height_px": 240,
            "fps": 25.0,
            "num_frames": 250,
            "num_people": 1,
            "num_segments": 2,
            "model_name": "two_actions",
            "detector": "stick",
            "threshold": 0.5,
            "stride_sec": 1.0,
            "processing_sec": 2.5,
            "finished_at": AT,
            "warnings": ["dark"],
        }
    ]
    box = {"x1_px": 1.0, "y1_px": 2.0, "x2_px": 3.0, "y2_px": 5.0}
    track = {"start_sec": 0.5, "end_sec": 9.5, "num_boxes": 90, **box, "person_score": 0.5}
    assert read_rows(store, "tracks") == [{"video": key, "actor_id": 7, **track}]
    own = {"video": key, "actor_id": 7}
    walk = {**own, "class_index": 0, "label": CLASSES[0]}
    fall = {**own, "class_index": 2, "label": CLASSES[2]}
    # The second class is below the floor.
    scored = [
        {**one, "time_sec": time, "score": score, **box, "person_score": 0.5}
        for time in (1.0, 2.0, 3.0)
        for one, score in ((walk, 0.5), (fall, 0.75))
    ]
    assert read_rows(store, "keyframes") == scored
    assert read_rows(store, "segments") == [
        {**walk, "start_sec": 0.5, "end_sec": 3.0, "score": 0.5},
        {**fall, "start_sec": 2.0, "end_sec": 4.5, "score": 0.75},
    ]
    about = json.loads(store.place.read(f"models/{MODEL}.json"))
    assert about["class_names"] == list(CLASSES)


def test_a_video_counts_once(store):
    assert store.add(MODEL, make_results(1))
    assert not store.add(MODEL, make_results(1, score=0.9))
    assert store.done(MODEL) == {make_results(1).video.key}
    assert check_whole(store) == {1}


def test_one_video_is_asked_for_as_all_are(store):
    """Before and after its files are joined, by whom they were joined does not matter."""
    keys = [make_results(number).video.key for number in range(4)]
    other = ResultStore.open(store.place.url, create=False)

    def found(one: ResultStore) -> set[str]:
        return {key for key in keys if one.has(MODEL, key)}

    for number in range(3):
        assert found(store) == found(other) == store.done(MODEL) == set(keys[:number])
        store.add(MODEL, make_results(number))
    assert other.compact() == 3
    assert found(store) == found(other) == store.done(MODEL) == set(keys[:3])
    assert not store.add(MODEL, make_results(1, score=0.9))
    store.add(MODEL, make_results(3))
    assert found(store) == found(other) == set(keys)


def test_adding_reads_no_list_of_all_videos(store, monkeypatch):
    for number in range(3):
        store.add(MODEL, make_results(number))
    store.compact()
    names = Place.names
    listed = []

    def noted(self, folder="", *, prefix=""):
        found = names(self, folder, prefix=prefix)
        listed.append((folder.partition("/")[0], len(found)))
        return found

    monkeypatch.setattr(Place, "names", noted)
    monkeypatch.setattr(Place, "read", lambda self, name: pytest.fail(f"read {name} again"))
    store.add(MODEL, make_results(3))
    assert listed == [("videos", 0), ("batches", 1)]


def test_a_video_without_people_counts(store):
    empty = dataclasses.replace(make_results(1), tracks=(), keyframes=(), segments=())
    store.add(MODEL, empty)
    assert read_rows(store, "segments") == []
    assert [row["num_segments"] for row in read_rows(store, "videos")] == [0]


def test_models_are_kept_apart(store):
    other = model_key("two_actions", {"weights": "cd34"})
    store.add(MODEL, make_results(1))
    assert store.done(other) == set()
    assert store.add(other, make_results(1))
    assert sorted(store.models()) == sorted([MODEL, other])
    assert len(store.files("videos")) == 2
    assert len(store.files("videos", model_key=other)) == 1


def test_what_a_killed_writer_left_does_not_count(store):
    store.add(MODEL, make_results(1))
    for path in store.files("videos"):
        store.place.fs.rm_file(path)
    assert store.done(MODEL) == set()
    assert store.files("segments") == []


def test_of_different_results_of_one_video_one_counts(store, tmp_path):
    """Two processes that annotate one video at once may differ in the last digits."""
    for number, score in enumerate((0.75, 0.8)):
        lone = ResultStore.open(tmp_path / f"lone{number}", create=True)
        lone.add(MODEL, make_results(1, score=score))
        for table in TABLES[:-1]:
            (path,) = lone.files(table)
            name = path.removeprefix(f"{lone.place.root}/")
            store.place.write(name, Path(path).read_bytes())
    assert check_whole(store) == {1}
    (segments,) = store.files("segments")
    (videos,) = store.files("videos")
    assert segments.rpartition("/")[2] == videos.rpartition("/")[2]
    assert store.compact() == 0
    assert len(store.place.names(f"videos/model={MODEL}")) == 1


def test_a_failure_counts_until_the_video_has_results(store):
    store.add_failure(MODEL, make_failure(1))
    store.add_failure(MODEL, make_failure(1, tries=2))
    assert store.failures(MODEL) == [make_failure(1, tries=2)]
    store.add(MODEL, make_results(1))
    assert store.failures(MODEL) == []
    store.add(MODEL, make_results(2))
    store.compact()
    assert store.place.names(f"failures/model={MODEL}") == []


def test_compaction_changes_no_row(store, monkeypatch):
    monkeypatch.setattr(compaction, "FULL_VIDEOS", 4)
    for number in range(6):
        store.add(MODEL, make_results(number))
    assert store.compact() == 6
    assert len(store.files("segments")) == 2
    assert check_whole(store) == set(range(6))
    assert not store.add(MODEL, make_results(3))
    for number in (6, 7):
        store.add(MODEL, make_results(number))
    seen = []
    assert store.compact(progress=seen.append) == 2
    assert seen == [2]
    # A batch of four and the batch of two that took the new ones in.
    assert sorted(
        pq.ParquetFile(store.place.fs.open(path)).metadata.num_rows
        for path in store.files("videos")
    ) == [4, 4]
    assert check_whole(store) == set(range(8))
    assert store.compact() == 0
    for table in TABLES[:-1]:
        assert len(store.place.names(f"{table}/model={MODEL}")) == 2


def test_an_outdated_list_of_batches_does_not_count(store):
    """A process that was stopped for long writes the number of a list that was removed."""
    for number in range(3):
        store.add(MODEL, make_results(number))
        store.compact()
    lists = f"batches/model={MODEL}"
    assert store.place.names(lists) == ["00000001.json", "00000002.json"]
    store.place.remove(f"{lists}/00000001.json")
    store.place.create(f"{lists}/00000001.json", b'{"files": [], "replaced": []}')
    assert check_whole(store) == {0, 1, 2}


def test_old_files_of_killed_processes_are_removed(tmp_path, monkeypatch):
    store = ResultStore.open(tmp_path, create=True)
    for number in (1, 2):
        store.add(MODEL, make_results(number))
    lost = tmp_path / f"segments/model={MODEL}/{'0' * 20}-00000000.parquet"
    lost.write_bytes(b"")
    part = tmp_path / ".part-x"
    part.mkdir()
    store.compact()
    assert lost.exists()
    assert part.exists()
    for module in ("stad.corpus.place.ABANDONED_SEC",):
        monkeypatch.setattr(module, -1.0)
    store.compact()
    assert not lost.exists()
    assert not part.exists()
    assert check_whole(store) == {1, 2}


def test_file_names_that_are_not_utf_8(store):
    store.add(MODEL, make_results(1, path="caf\udce9.mp4"))
    assert read_rows(store, "videos")[0]["path"] == "caf\\xe9.mp4"


def test_files_have_the_documented_columns(store):
    store.add(MODEL, make_results(1))
    store.add_failure(MODEL, make_failure(2))
    for table in TABLES:
        for path in store.files(table):
            assert pq.ParquetFile(store.place.fs.open(path)).schema_arrow.equals(SCHEMAS[table])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is not of 'stad corpus'"),
        ('{"format": "other", "version": 1}', "is not of 'stad corpus'"),
        ('{"format": "stad-corpus", "version": 99}', "have version 99"),
    ],
)
def test_other_folders_are_refused(store, content, expected):
    store.place.write("corpus.json", content.encode())
    with pytest.raises(InputError, match=expected):
        ResultStore.open(store.place.url, create=True)


def test_wrong_places_are_refused(tmp_path):
    with pytest.raises(InputError, match="There are no results in"):
        ResultStore.open(tmp_path / "none", create=False)
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InputError, match=r"has other files, such as holiday\.jpg"):
        ResultStore.open(tmp_path, create=True)
    with pytest.raises(InputError, match="Cannot open nonsense://x: Protocol not known"):
        ResultStore.open("nonsense://x", create=True)
    with pytest.raises(InputError, match=r"Not a directory\. Check the name"):
        ResultStore.open(tmp_path / "holiday.jpg" / "x", create=True)


def test_keys_become_names_of_files(store):
    with pytest.raises(ValueError, match="short_key"):
        store.add(MODEL, make_results(1, key="../../etc"))
    with pytest.raises(ValueError, match="model_key"):
        store.add("../x@1", make_results(1))
