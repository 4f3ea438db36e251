"""Runs that leave each other's videos alone."""

from __future__ import annotations

import json

from stad.corpus import claims
from stad.corpus.claims import Claims
from stad.corpus.place import Place


def make(tmp_path, *, model="m@0"):
    found = Claims(Place(tmp_path))
    found.model_key = model
    return found


def test_what_a_run_holds_is_taken_for_others_of_its_model(tmp_path):
    one, other, third = make(tmp_path), make(tmp_path), make(tmp_path, model="n@0")
    one.beat(["a", "b"])
    for run in (other, third):
        run.beat([])
    assert [other.is_taken(key) for key in "abc"] == [True, True, False]
    assert not one.is_taken("a")
    assert not third.is_taken("a")
    one.close()
    other.beat([], at_once=True)
    assert not other.is_taken("a")


def test_a_run_says_so_now_and_then(tmp_path):
    one = make(tmp_path)
    one.beat(["a"])
    one.beat(["b"])
    assert json.loads((tmp_path / one.name).read_text())["videos"] == ["a"]
    one.beat(["b"], at_once=True)
    assert json.loads((tmp_path / one.name).read_text())["videos"] == ["b"]


def test_a_run_that_was_killed_holds_nothing(tmp_path, monkeypatch):
    one, other = make(tmp_path), make(tmp_path)
    one.beat(["a"])
    path = tmp_path / one.name
    content = json.loads(path.read_text())
    other.beat([], at_once=True)
    assert other.is_taken("a")
    # On another machine it is dead once its file stays as it is.
    path.write_text(json.dumps(content | {"machine": "elsewhere"}))
    now = claims.time.monotonic()
    monkeypatch.setattr(claims.time, "monotonic", lambda: now + 30)
    other.beat([], at_once=True)
    assert other.is_taken("a")
    monkeypatch.setattr(claims.time, "monotonic", lambda: now + claims.DEAD_SEC + 31)
    other.beat([], at_once=True)
    assert not other.is_taken("a")
    assert not path.exists()
    # On this one, once there is no such process.
    path.write_text(json.dumps(content | {"process": 2**30}))
    other.beat([], at_once=True)
    assert not path.exists()


def test_files_of_other_origin_are_left_alone(tmp_path):
    one = make(tmp_path)
    for name, text in (("x.json", "no json"), ("y.json", "[1]"), ("z.json", '{"count": 1}')):
        (tmp_path / "runs").mkdir(exist_ok=True)
        (tmp_path / "runs" / name).write_text(text)
    one.beat([])
    assert not one.is_taken("a")
    assert len(list((tmp_path / "runs").iterdir())) == 4
