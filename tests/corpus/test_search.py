"""Check searches in the tables of a corpus: what they find, and what SQL may not do."""

from __future__ import annotations

import dataclasses

import duckdb
import pytest

import stad
from stad.corpus import compaction
from stad.corpus.query import FoundSegment, Query, Totals
from stad.corpus.schema import model_key
from stad.corpus.search import Tables, find_in
from stad.corpus.store import ResultStore
from stad.errors import InputError
from tests.corpus.rows import MODEL, make_failure, make_results


@pytest.fixture(scope="module", params=["folder", "memory"])
def store(request, tmp_path_factory) -> ResultStore:
    """Videos 0 to 3, of which two are joined; scores of falls are 0.7, 0.8, 0.9, 1."""
    folder = tmp_path_factory.mktemp("search")
    url = f"{folder}/it's results" if request.param == "folder" else f"memory:/{folder}/it's"
    store = ResultStore.open(url, create=True)
    for number in range(4):
        copies = ("cam9/copy.mp4",) if number == 3 else ()
        path = f"cam{number}/{number}.mp4"
        store.add(MODEL, make_results(number, score=0.7 + number / 10, path=path, copies=copies))
        if number == 1:
            store.compact()
    store.add_failure(MODEL, make_failure(8))
    return store


def found(store, *labels, **conditions) -> list[tuple[str, str]]:
    return [(one.path, one.label) for one in stad.find(store.place.url, *labels, **conditions)]


def test_segments_come_by_score(store):
    segments = stad.find(store.place.url, "fall down", limit=2)
    assert segments[0] == FoundSegment(
        path="cam3/3.mp4",
        label="fall down",
        score=1.0,
        actor_id=7,
        start_sec=2.0,
        end_sec=4.5,
        video=make_results(3).video.key,
        model=MODEL,
        class_index=2,
        size_bytes=1003,
        copies=["cam9/copy.mp4"],
    )
    assert [one.score for one in segments] == [1.0, 0.9]
    assert len(stad.find(store.place.url)) == 8


FALLS = [(f"cam{number}/{number}.mp4", "fall down") for number in (3, 2, 1, 0)]
WALKS = [(f"cam{number}/{number}.mp4", "walk") for number in range(4)]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"min_score": 0.7}, FALLS),
        ({"min_score": 0.8}, FALLS[:3]),
        ({"longer_sec": 2.5}, [*FALLS, *WALKS]),
        ({"longer_sec": 2.51}, []),
        ({"videos": "3.mp4"}, [FALLS[0], WALKS[3]]),
        ({"videos": "cam3/*"}, [FALLS[0], WALKS[3]]),
        ({"videos": "cam9/*"}, [FALLS[0], WALKS[3]]),
        ({"videos": ("0*", "cam1*"), "min_score": 0.6}, FALLS[2:]),
        ({"models": "two_actions"}, [*FALLS, *WALKS]),
        ({"models": MODEL, "limit": 1}, FALLS[:1]),
        ({"models": "other*"}, []),
        ({"where": "start_sec < 1 and size_bytes >= 1002"}, WALKS[2:]),
        ({"where": "start_sec < 1 -- early"}, WALKS),
        ({"where": "label = 'walk' or true", "min_score": 0.9}, FALLS[:2]),
        ({"where": "video IN (SELECT video FROM tracks WHERE y2_px > 6)"}, [FALLS[0], WALKS[3]]),
        ({"where": "(SELECT count(*) FROM failures) = 1", "limit": 1}, FALLS[:1]),
        ({"where": "list_contains(copies, 'cam9/copy.mp4')"}, [FALLS[0], WALKS[3]]),
    ],
)
def test_conditions(store, conditions, expected):
    assert found(store, **conditions) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("FALL down",), FALLS),
        (("walk", "fall down"), [*FALLS, *WALKS]),
        (("walk,fall down",), [*FALLS, *WALKS]),
        (("carry",), []),
        (("carry/hold (an object)",), []),
    ],
)
def test_labels(store, labels, expected):
    assert found(store, *labels) == expected


def test_a_label_with_a_comma_in_its_name(tmp_path):
    store = ResultStore.open(tmp_path, create=True)
    results = make_results(1)
    names = ("talk to (e.g., a group)", "b", "sing, hum")
    run = dataclasses.replace(results.run, class_names=names)
    store.add(MODEL, dataclasses.replace(results, run=run))
    for label in ("Sing, hum", "talk to (e.g., a group)"):
        assert len(found(store, label)) == 1


def test_labels_that_are_not_known(store):
    with pytest.raises(InputError, match=r"labels: .* label 'fal down'\. Did you mean fall down"):
        found(store, "fal down")
    with pytest.raises(InputError, match=r"Its labels are walk, carry/hold \(an object\), fall"):
        found(store, "zzz")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("foo > 1", 'Referenced column "foo" not found'),
        ("start_sec >", "syntax error"),
        ("true) OR (true", "syntax error"),
        ("true THEN 1 END, CASE WHEN true", "syntax error"),
        ("1; DROP VIEW videos", "syntax error"),
        ("count(*) > 1", "aggregates"),
        ("actor_id = 'x'", "Could not convert"),
        ("actor_id = ?", "parameter"),
        ("path IN (SELECT content FROM read_text('/etc/passwd'))", "disabled by configuration"),
        ("path IN (SELECT file FROM glob('/etc/*'))", "disabled by configuration"),
        ("path IN (SELECT path FROM '/etc/passwd.csv')", "Cannot access file"),
        ("path IN (SELECT path FROM store)", "does not exist"),
        ("getenv('HOME') = ''", "getenv"),
    ],
)
def test_sql_that_cannot_be_used(store, where, said):
    with pytest.raises(InputError) as caught:
        found(store, where=where)
    text = str(caught.value)
    assert text.startswith("where is not SQL that can be used here. ")
    assert said in text
    assert "\n" not in text
    assert text.endswith("path LIKE '%cam1%'\".")


def test_settings_cannot_be_changed(store):
    with Tables(store) as tables, pytest.raises(duckdb.Error, match=r"locked|disabled"):
        tables._db.execute("SET enable_external_access = true")


def test_totals(store):
    assert find_in(store, Query(min_score=0.8), 1)[0] == Totals(3, 3, 1)
    assert find_in(store, Query(min_score=1.0, videos=("none",)))[0] == Totals(0, 0, 0)


def test_results_without_a_video(tmp_path):
    store = ResultStore.open(tmp_path, create=True)
    store.add_failure(MODEL, make_failure(8))
    assert found(store) == []
    where = "finished_at > now() and copies = [] and (select count(*) from keyframes) > 0"
    assert found(store, where=where) == []


def test_results_of_several_models(tmp_path):
    store = ResultStore.open(tmp_path, create=True)
    for model in (MODEL, model_key("other", {})):
        store.add(model, make_results(1))
    assert find_in(store, Query())[0] == Totals(4, 1, 2)
    assert len(found(store, models="other")) == 2


def test_segments_without_a_score(tmp_path):
    """A score that is not known is never high enough, and comes last."""
    store = ResultStore.open(tmp_path, create=True)
    store.add(MODEL, make_results(1, score=float("nan")))
    assert [one.score for one in stad.find(tmp_path)] == [0.5, None]
    assert found(store, min_score=0.6) == []


def test_files_that_are_joined_meanwhile(tmp_path):
    """A search begins again where the files that it listed are gone."""
    store = ResultStore.open(tmp_path, create=True)
    for number in range(3):
        store.add(MODEL, make_results(number))
    all_files, calls = ResultStore.all_files, []

    def list_then_join(self, **options):
        listed = all_files(self, **options)
        calls.append(listed)
        if len(calls) == 1:
            compaction.compact(store)
        return listed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResultStore, "all_files", list_then_join)
        assert len(found(store)) == 6
    assert len(calls) == 2


def test_files_that_are_damaged(tmp_path):
    store = ResultStore.open(tmp_path, create=True)
    store.add(MODEL, make_results(1))
    (path,) = tmp_path.glob("segments/*/*")
    path.unlink()
    with pytest.raises(InputError, match=r"The tables in .* cannot be read: "):
        found(store)
    path.write_bytes(b"not Parquet")
    for where in ("", "start_sec > 1"):
        with pytest.raises(InputError, match=r"The tables in .* cannot be read: "):
            found(store, where=where)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [({"min_score": 7}, "min_score must be between 0 and 1"), ({"limit": 0}, "limit must be 1")],
)
def test_numbers_out_of_range(store, conditions, said):
    with pytest.raises(InputError, match=said):
        found(store, **conditions)


def test_boxes_of_segments(store):
    with Tables(store) as tables:
        best = tables.best(Query(labels=("fall down",)), 2)
        rows = list(tables.boxes_of(best, reach_sec=0.5))
        assert list(tables.boxes_of([], reach_sec=0.5)) == []
    # Keyframes are at 1, 2 and 3 s, the segments from 2 to 4.5 s.
    heights = {0: 7.0, 1: 6.0}
    assert rows == [(n, t, 1.0, 2.0, 3.0, heights[n]) for n in (0, 1) for t in (2.0, 3.0)]
