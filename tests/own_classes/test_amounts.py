"""Seconds of each class, as the split balances them."""

from __future__ import annotations

import pytest

from stad.annotations.own.examples import sample_examples
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.annotations.own.split import keep_split
from stad.own_classes.amounts import amounts_of, labelled_seconds
from tests.own_classes.folders import folder_with, random_labels, track_of

CLASSES = ("walk", "phone")


def seconds(*spans, **more):
    found = labelled_seconds(VideoLabels("a.mp4", spans=spans, **more), classes=CLASSES)
    return found.positive.tolist(), found.negative.tolist(), found.none


def test_people_and_whole_frames_add_up():
    tracks = (track_of(0, [0.0, 9.0]), track_of(1, [0.0, 9.0]))
    spans = (
        LabelSpan(0, "walk", 1, 4),
        LabelSpan(0, "walk", 3, 5),
        LabelSpan(1, "phone", 0, 2),
        LabelSpan(1, "", 5, 6),
        LabelSpan(None, "walk", 0, 3, is_positive=False),
    )
    assert seconds(*spans, tracks=tracks) == ([4, 2], [6, 5], 4)


def test_labels_end_with_the_video():
    assert seconds(LabelSpan(None, "walk", 2, 99), duration_sec=5.0) == ([3, 0], [0, 3], 0)


def test_in_complete_labels_people_are_negative_where_nothing_is_said():
    tracks = (track_of(0, [1.0, 5.0]),)
    spans = (LabelSpan(0, "walk", 2, 3),)
    assert seconds(*spans, tracks=tracks, is_complete=True) == ([1, 0], [3, 4], 3)


@pytest.mark.parametrize("seed", range(6))
def test_they_agree_with_examples_at_short_steps(seed):
    labels = random_labels("a.mp4", seed, CLASSES)
    times = [step / 100 for step in range(401)]
    tracks = tuple(track_of(one.id, times) for one in labels.tracks)
    labels = VideoLabels("a.mp4", duration_sec=4.0, tracks=tracks, spans=labels.spans)
    found = labelled_seconds(labels, classes=CLASSES)
    step = 0.004
    examples = sample_examples(labels, classes=CLASSES, step_sec=step).labels
    assert found.positive == pytest.approx((examples == 1).sum(axis=0) * step, abs=0.1)
    assert found.negative == pytest.approx((examples == 0).sum(axis=0) * step, abs=0.1)
    is_none = (examples == 0).any(axis=1) & ~(examples == 1).any(axis=1)
    assert found.none == pytest.approx(is_none.sum() * step, abs=0.1)


def test_class_folders_count_the_length_of_their_clips(tmp_path):
    folder = folder_with(tmp_path, "walk/a.mp4", "phone/b.mp4", "nothing/c.mp4", "d.mp4")
    folder.write_classes(CLASSES)
    amounts = amounts_of(folder)
    assert {video: amount.tolist() for video, amount in amounts.items()} == {
        "walk/a.mp4": [4, 0, 0],
        "phone/b.mp4": [0, 4, 0],
        "nothing/c.mp4": [0, 0, 4],
    }
    assert set(keep_split(folder, amounts)) == set(amounts)


def test_a_video_that_cannot_be_read_counts_a_second(tmp_path):
    folder = folder_with(tmp_path, "walk/a.mp4", "phone/b.mp4")
    (tmp_path / "walk" / "a.mp4").write_bytes(b"broken")
    assert amounts_of(folder)["walk/a.mp4"].tolist() == [0, 1, 0]
    assert folder.classes() == ("phone", "walk")


def test_what_is_known_of_a_file_is_kept_by_its_content(tmp_path):
    folder = folder_with(tmp_path, "walk/a.mp4", "phone/b.mp4", classes=CLASSES)
    before = amounts_of(folder)
    facts = tmp_path / ".stad" / "facts" / "facts.json"
    content = facts.read_text()
    assert content.count("[160, 120, 4.0, 10.0]") == 2
    (tmp_path / "walk" / "a.mp4").rename(tmp_path / "phone" / "c.mp4")
    assert amounts_of(folder)["phone/c.mp4"].tolist() == [0, 4, 0]
    assert facts.read_text() == content
    # A cache that cannot be read is made again.
    facts.write_text("{broken")
    assert amounts_of(folder)["phone/b.mp4"].tolist() == before["phone/b.mp4"].tolist()
    assert facts.read_text().count("[160, 120, 4.0, 10.0]") == 2
