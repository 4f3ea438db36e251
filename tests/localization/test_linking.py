"""Linking boxes of frames into tubes: as published, by hand, along paths, and by the tracker."""

from __future__ import annotations

import numpy as np
import pytest

from stad.localization.linking import FrameBoxes, LinkRules, link_by_overlap, link_by_path
from stad.localization.track_linking import link_by_tracker
from tests.localization.plain_linking import link

SHORT = LinkRules(min_frames=1)


def moving(left: float, frames, *, scores, speed: float = 1.0) -> dict[int, tuple]:
    """Frame -> (box, scores) of a person of 20 x 40 pixels."""
    return {
        number: ((left + speed * number, 10, left + speed * number + 20, 50), scores)
        for number in frames
    }


def video(*people) -> list[FrameBoxes]:
    numbers = sorted({number for one in people for number in one})
    found = []
    for number in numbers:
        rows = [one[number] for one in people if number in one]
        boxes, scores = (np.array(side, float) for side in zip(*rows, strict=True))
        found.append(FrameBoxes(number, boxes, scores))
    return found


def random_video(seed: int) -> list[FrameBoxes]:
    """People that cross, boxes that jump, frames without any."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(1, 61):
        if random.random() < 0.03:
            continue
        lefts = np.array([5 + number, 90 - number, 40, 42]) + random.normal(0, 1, 4)
        count = random.integers(2, 5)
        boxes = np.column_stack((lefts, np.full(4, 8), lefts + 25, np.full(4, 60)))[:count]
        boxes = boxes + random.normal(0, 1, boxes.shape)
        found.append(FrameBoxes(number, boxes, random.uniform(0.001, 1, (count, 2))))
    return found


@pytest.mark.parametrize("pixel", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_as_published(seed, pixel):
    frames = random_video(seed)
    found = link_by_overlap(frames, rules=LinkRules(added_px=pixel))
    for class_index in (0, 1):
        rows = {
            one.frame: list(
                zip(one.scores[:, class_index].tolist(), one.boxes.tolist(), strict=True)
            )
            for one in frames
        }
        expected = link(rows, num_frames=60, pixel=pixel)
        mine = [one for one in found if one.class_index == class_index]
        assert len(mine) == len(expected) > 0
        for one, (score, tube) in zip(
            sorted(mine, key=lambda t: t.score), sorted(expected, key=lambda t: t[0]), strict=True
        ):
            assert one.score == pytest.approx(score)
            np.testing.assert_allclose(np.column_stack((one.frames, one.boxes)), tube)


def test_the_best_tube_takes_the_best_box():
    first = moving(0, range(1, 4), scores=[0.9])
    second = moving(4, range(1, 4), scores=[0.5])
    # In frame 4 the boxes overlap both; the tube of 0.9 has the first choice.
    first[4], second[4] = ((6, 10, 26, 50), [0.2]), ((7, 10, 27, 50), [0.3])
    rules = LinkRules(min_frames=1, soft_iou=1.0)
    tubes = sorted(link_by_overlap(video(first, second), rules=rules), key=lambda one: -one.score)
    assert [one.boxes[-1, 0] for one in tubes] == [7, 6]
    assert tubes[0].score == pytest.approx((0.9 * 3 + 0.3) / 4)


def test_gaps_end_a_tube_or_are_filled():
    frames = video(moving(0, [1, 2, 5, 6], scores=[0.8]))
    assert [len(one.frames) for one in link_by_overlap(frames, rules=SHORT)] == [2, 2]
    (tube,) = link_by_overlap(frames, rules=LinkRules(min_frames=1, max_gap_frames=2))
    assert tube.frames.tolist() == [1, 2, 3, 4, 5, 6]
    assert tube.boxes[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    assert tube.score == pytest.approx(0.8)


def test_boxes_with_score_0_are_not_of_the_class_and_the_limits_count():
    frames = video(moving(0, range(1, 20), scores=[0.9, 0.0]))
    assert [one.class_index for one in link_by_overlap(frames)] == [0]
    assert link_by_overlap(frames, rules=LinkRules(min_frames=20)) == []
    assert link_by_overlap(frames, rules=LinkRules(min_score=0.95)) == []
    assert link_by_overlap([]) == link_by_path([]) == link_by_tracker([], fps=25) == []


def test_tubes_that_overlap_a_better_one_are_left_out():
    frames = video(moving(0, range(1, 20), scores=[0.9]), moving(5, range(1, 20), scores=[0.8]))
    both = LinkRules(soft_iou=1.0)
    assert len(link_by_overlap(frames, rules=both)) == 2
    (tube,) = link_by_overlap(frames, rules=LinkRules(soft_iou=1.0, max_tube_iou=0.3))
    assert tube.score == pytest.approx(0.9)


def all_paths(frames, class_index):
    """The best path of one class, of all that there are."""
    from itertools import pairwise, product

    from tests.localization.plain_linking import overlap

    def value(rows):
        pairs = list(zip(frames, rows, strict=True))
        return sum(
            a.scores[i, class_index]
            + b.scores[j, class_index]
            + overlap(a.boxes[i], b.boxes[j], 0.0)
            for (a, i), (b, j) in pairwise(pairs)
        )

    return max(product(*(range(len(one.boxes)) for one in frames)), key=value)


@pytest.mark.parametrize("seed", range(4))
def test_a_path_is_the_best_of_all(seed):
    frames = [one for one in random_video(seed) if one.frame <= 7]
    if np.diff([one.frame for one in frames]).max() > 1:
        frames = frames[: int(np.argmax(np.diff([one.frame for one in frames]) > 1)) + 1]
    best = all_paths(frames, 0)
    (first, *_) = link_by_path(frames, rules=SHORT)
    expected = [one.boxes[row] for one, row in zip(frames, best, strict=True)]
    assert first.boxes.tolist() == np.array(expected).tolist()
    number = min(len(one.boxes) for one in frames)
    assert len([one for one in link_by_path(frames, rules=SHORT) if not one.class_index]) == number


def test_a_path_goes_through_a_box_that_a_greedy_link_cannot_reach():
    person = moving(0, range(1, 20), scores=[0.5])
    person[10] = ((60, 10, 80, 50), [0.5])
    frames = video(person)
    assert link_by_overlap(frames) == []
    (tube,) = link_by_path(frames)
    assert len(tube.frames) == 19
    assert [
        len(one.frames)
        for one in link_by_path(video(moving(0, [1, 2, 4], scores=[1.0])), rules=SHORT)
    ] == [2, 1]


def test_the_tracker_follows_people_and_scores_their_whole_tracks():
    left = moving(0, range(1, 21), scores=[0.9, 0.1])
    right = moving(100, range(3, 23), scores=[0.2, 0.6])
    del left[9]
    rules = LinkRules(max_gap_frames=3, min_score=0.15)
    tubes = link_by_tracker(video(left, right), fps=25, rules=rules)
    spans = [(one.class_index, one.frames[0], one.frames[-1], round(one.score, 2)) for one in tubes]
    assert spans == [(0, 1, 20, 0.9), (0, 3, 22, 0.2), (1, 3, 22, 0.6)]
    assert tubes[0].boxes[8, 0] == 9
