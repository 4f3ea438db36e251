"""The annotation document: its schema, scores that are not known, and reading it again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import stad.annotations
from stad.annotations.document import frame_results as read_frames
from stad.localization.curve_files import read_curves
from stad.outputs.writers import JsonWriter
from stad.structures import Actors, Keyframe
from tests.outputs.examples import frame_results, run_info, run_tubes
from tests.outputs.schema_check import problems

SCHEMA = json.loads((Path(stad.annotations.__path__[0]) / "schema.json").read_text())


def written(folder: Path, results=None, tubes=None) -> dict:
    """A document as the writer leaves it."""
    writer = JsonWriter(folder / "a.json", run_info())
    for result in frame_results() if results is None else results:
        writer.write(result)
    writer.close(run_tubes() if tubes is None else tubes, complete=True)
    return json.loads((folder / "a.json").read_text())


def unknown_results() -> list:
    """The example, the model knows one score of the first actor and none of the second."""
    first, *rest = frame_results()
    scores = np.array([[np.nan, 0.9, 0.01], [np.nan, np.nan, np.inf]], np.float32)
    people = Actors.from_arrays(first.actors.boxes, [np.nan, 0.75], first.actors.ids)
    return [replace(first, actors=people, keyframe=Keyframe(0.0, people, scores)), *rest]


@pytest.mark.parametrize("results", [None, unknown_results()])
def test_what_is_written_is_what_the_schema_says(tmp_path, results):
    document = written(tmp_path, results)
    assert problems(document, SCHEMA, SCHEMA) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", 1), ("complete", 1), ("threshold", 1.5), ("extra", 0), ("frames", {})],
)
def test_the_schema_refuses_what_is_wrong(tmp_path, key, value):
    assert len(problems({**written(tmp_path), key: value}, SCHEMA, SCHEMA)) == 1


def test_the_schema_refuses_what_is_missing_below(tmp_path):
    document = written(tmp_path)
    del document["segments"][1]["tube"]["boxes"]
    document["frames"][0]["actors"][0]["box"] = [1, 2, 3]
    assert problems(document, SCHEMA, SCHEMA) == [
        "$.frames[0].actors[0].box: 3 items",
        "$.segments[1].tube: no boxes",
    ]


def test_scores_that_are_not_known_are_null(tmp_path):
    segment, tube = run_tubes()[1]
    tubes = [(replace(segment, score=float("nan")), tube)]
    document = written(tmp_path, unknown_results(), tubes)
    first, second = document["frames"][0]["actors"]
    assert (first["score"], second["score"]) == (None, 0.75)
    assert first["actions"] == [{"label": "walk", "score": 0.9}, {"label": "stand", "score": None}]
    assert second["actions"] is None
    assert document["segments"][0]["score"] is None


def test_frames_are_read_as_they_were_written(tmp_path):
    found = list(read_frames(written(tmp_path, unknown_results())))
    for result, before in zip(found, unknown_results(), strict=True):
        assert (result.index, result.actors.ids.tolist()) == (
            before.index,
            before.actors.ids.tolist(),
        )
        assert result.time_sec == pytest.approx(before.time_sec, abs=1e-6)
        np.testing.assert_allclose(result.actors.boxes, before.actors.boxes, atol=0.051)
    # What is below the least score of the document is 0 afterwards.
    expected = [[np.nan, 0.9, 0.0], [np.nan] * 3]
    np.testing.assert_allclose(found[0].keyframe.scores, expected, atol=1e-6)
    assert [result.keyframe is None for result in found] == [False, True, True]


def test_curves_of_unknown_scores_are_not_known(tmp_path):
    first, *rest = unknown_results()
    nobody = replace(
        first,
        actors=Actors.from_arrays(),
        keyframe=Keyframe(0.0, Actors.from_arrays(), np.zeros((0, 3))),
    )
    alone = replace(
        first,
        actors=first.actors[[1]],
        keyframe=Keyframe(0.0, first.actors[[1]], first.keyframe.scores[1:]),
    )
    for result, expected in ((first, [0, 0.9, 0]), (alone, [np.nan] * 3), (nobody, [0, 0, 0])):
        written(tmp_path, [result, *rest])
        [curves] = read_curves([tmp_path / "a.json"])
        np.testing.assert_allclose(curves.scores, [expected])
