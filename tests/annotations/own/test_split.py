"""The split: never across a source, kept, and every class in training."""

import numpy as np
import pytest

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.split import divide, keep_split, make_folds, read_split
from stad.errors import InputError


def folder(tmp_path, videos, sources=""):
    for name in videos:
        (tmp_path / name).write_bytes(b"x")
    if sources:
        (tmp_path / "sources.csv").write_text(sources)
    return OwnFolder(tmp_path)


def seconds(*values):
    return np.array(values, float)


def test_videos_of_one_source_stay_together(tmp_path):
    names = [f"{n:02d}.mp4" for n in range(12)]
    rows = "video,source\n" + "".join(f"{n:02d}.mp4,camera {n // 3}\n" for n in range(12))
    own = folder(tmp_path, names, rows)
    parts = keep_split(own, {name: seconds(n % 2, 1) for n, name in enumerate(names)})
    by_source = [{parts[name] for name in names[n : n + 3]} for n in range(0, 12, 3)]
    assert all(len(one) == 1 for one in by_source)
    assert sorted(one.pop() for one in by_source) == ["train", "train", "train", "val"]
    assert (tmp_path / "split.csv").read_text().startswith("video,source,split\n00.mp4,camera 0,")


def test_the_split_is_kept_when_videos_come(tmp_path):
    own = folder(tmp_path, [f"{n}.mp4" for n in range(8)])
    before = keep_split(own, {f"{n}.mp4": seconds(1, 1) for n in range(8)})
    folder(tmp_path, [f"{n}.mp4" for n in range(8, 12)])
    after = keep_split(own, {f"{n}.mp4": seconds(1, 1) for n in range(12)})
    assert {name: after[name] for name in before} == before
    assert list(before.values()).count("val") == 2
    assert list(after.values()).count("val") == 3
    assert read_split(own) == after


def test_a_class_of_one_source_is_trained_on():
    parts = divide(
        {"a": seconds(1, 0), "b": seconds(0, 5), "c": seconds(0, 5), "d": seconds(0, 5)}, {}
    )
    assert parts["a"] == "train"
    assert sorted(parts.values()).count("val") == 1


def test_the_order_of_the_sources_does_not_matter():
    rng = np.random.default_rng(0)
    amounts = {f"s{n}": rng.uniform(0, 5, 4) for n in range(20)}
    backwards = dict(reversed(amounts.items()))
    assert divide(amounts, {}) == divide(backwards, {})
    assert make_folds(amounts, 5) == make_folds(backwards, 5)


@pytest.mark.parametrize("seed", range(5))
def test_a_quarter_of_each_class_is_for_validation(seed):
    rng = np.random.default_rng(seed)
    amounts = {f"s{n}": rng.uniform(0, 1, 3) * rng.integers(0, 2, 3) for n in range(60)}
    parts = divide(amounts, {})
    val = sum(amount for one, amount in amounts.items() if parts[one] == "val")
    np.testing.assert_allclose(val / sum(amounts.values()), 0.25, atol=0.06)


def test_folds_have_similar_amounts_and_none_is_empty():
    amounts = {f"s{n}": seconds(n % 3 == 0, n % 3 != 0) for n in range(15)}
    folds = make_folds(amounts, 5)
    for fold in range(5):
        own = [amounts[one] for one, where in folds.items() if where == fold]
        assert np.sum(own, axis=0).tolist() == [1, 2]
    few = make_folds({"a": seconds(9, 0), "b": seconds(0, 0), "c": seconds(0, 0)}, 3)
    assert sorted(few.values()) == [0, 1, 2]
    with pytest.raises(InputError, match="3 folds need 3 sources or more, and there are 2"):
        make_folds({"a": seconds(1, 0), "b": seconds(0, 1)}, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,split\na.mp4,test\n", "must be train or val, got 'test'"),
        ("video,split\na.mp4,val\na.mp4,val\n", "there twice"),
        ("a.mp4,val\n", "'video' is missing"),
        ("video,split\na.mp4,\n", "the column 'split' is empty"),
        ("video,split\na.mp4,val\nb.mp4,train\n", "videos of one source"),
    ],
)
def test_a_wrong_split_is_said(tmp_path, text, message):
    own = folder(tmp_path, ["a.mp4", "b.mp4"], "video,source\na.mp4,s\nb.mp4,s\n")
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_split(own)
    assert message in str(caught.value)
