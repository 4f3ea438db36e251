"""One clip from keyframes to all of its figures, and several clips together."""

import json
from dataclasses import replace

import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.posture_clips import judge_clip
from stad.evaluation.posture_keyframes import NOT_SURE
from stad.evaluation.posture_summary import summarize
from tests.evaluation.posture_cases import LEFT, RIGHT, clip_of, found_in

NAMES = ("sit", "walk", "fall down")
SIT, WALK, FALL = range(3)
MIDDLE = (0.4, 0.1, 0.5, 0.4)


def one_person():
    """Walks for 4 s, falls for 2 s, then sits for 2 s; a bottle is a person for 1 s."""
    times = np.arange(16) / 2
    postures = [WALK] * 8 + [FALL] * 4 + [SIT] * 4
    clip = clip_of(*((0, t, p, LEFT) for t, p in zip(times, postures, strict=True)))
    said = [WALK] * 7 + [NOT_SURE] + [FALL] * 3 + [SIT] * 3
    frames = {t: [(1, LEFT, p, 0.75)] for t, p in zip(times, said, strict=False)}
    frames |= {7.0: [], 7.5: []}
    for time in (0.0, 0.5):
        frames[time].append((2, MIDDLE, SIT, 0.6))
    segments = [
        (1, WALK, 0.0, 3.5, 0.9),
        (1, FALL, 3.9, 5.5, 0.8),
        (1, FALL, 0.5, 1.5, 0.6),
        (1, SIT, 5.5, 7.0, 0.7),
        (2, SIT, 0.0, 1.0, 0.6),
    ]
    return clip, found_in(frames, *segments, duration_sec=8.0)


def test_one_clip():
    clip, found = one_person()
    result = summarize([judge_clip(clip, found, fall=FALL)], NAMES, judged=range(3))
    # Sit: 2 right, 2 missed. Walk: 7 right, 1 unsure. Fall: 3 right, 1 called sit.
    assert result.confusion == ((2, 0, 0, 0, 2), (0, 7, 0, 1, 0), (1, 0, 3, 0, 0))
    assert (result.num_keyframes, result.num_right) == (16, 12)
    assert result.accuracy == 12 / 16
    assert result.accuracy_found == 12 / 14
    assert [result.recall(name) for name in NAMES] == [2 / 4, 7 / 8, 3 / 4]
    # 12 of 14 are right at 0.75; the unsure one has its best score for sit, which is wrong.
    assert result.calibration_error == pytest.approx(12 / 14 - 0.75)
    # The fall is from 3.75 to 5.75 s, so that 2.75 s before it and 1 s after it are quiet.
    assert (result.falls, result.falls_found, result.false_alarms) == (1, 1, 1)
    assert result.quiet_sec == pytest.approx(2.75 + 1.0)
    assert result.false_per_hour == pytest.approx(3600 / 3.75)
    # The bottle's segment is wrong but scores less; the early fall is wrong, too.
    assert result.segment_ap == {"sit": 1.0, "walk": 1.0, "fall down": 1.0}
    assert (result.people, result.mean_ids, result.max_ids) == (1, 1.0, 1)
    assert (result.phantoms, result.phantom_sec, result.longest_phantom_sec) == (1, 1.0, 1.0)
    assert result.phantom_posture_sec == 1.0
    assert (result.video_sec, result.processor_sec) == (8.0, 5.0)
    assert json.loads(json.dumps(result.to_dict()))["recall"]["walk"] == 7 / 8


def test_postures_can_be_left_out():
    clip, found = one_person()
    result = summarize([judge_clip(clip, found, fall=FALL)], NAMES, judged=[WALK])
    assert result.confusion == ((0,) * 5, (0, 7, 0, 1, 0), (0,) * 5)
    assert result.judged == ("walk",)
    assert result.segment_ap == {"walk": 1.0}


def test_clips_add_up():
    clip, found = one_person()
    judged = judge_clip(clip, found, fall=FALL)
    other = judge_clip(replace(clip, is_complete=False), found, fall=FALL)
    result = summarize([judged, other], NAMES, judged=range(3))
    assert result.num_keyframes == 32
    assert (result.falls, result.people, result.video_sec) == (2, 2, 16.0)
    # Phantom tracks are unknown in the second clip.
    assert result.phantoms == 1
    assert other.phantoms is None
    nothing = summarize([], NAMES, judged=range(3))
    assert (nothing.accuracy, nothing.calibration_error, nothing.phantoms) == (None, None, None)


def test_an_alarm_of_somebody_else_is_false():
    rows = [*((0, t / 2, WALK, LEFT) for t in range(12))]
    rows += [(1, t / 2, FALL if t > 7 else SIT, RIGHT) for t in range(12)]
    clip = clip_of(*rows)
    frames = {t / 2: [(1, LEFT, FALL, 0.9), (2, RIGHT, SIT, 0.9)] for t in range(12)}
    found = found_in(frames, (1, FALL, 4.0, 5.0, 0.9), duration_sec=6.0)
    counts = judge_clip(clip, found, fall=FALL).falls
    assert (counts.annotated, counts.found, counts.false) == (1, 0, 1)
    # Seconds of video, not of both people: up to a second before the fall at 3.75 s.
    assert counts.quiet_sec == pytest.approx(2.75)


def test_annotations_after_the_end_are_an_error():
    clip, found = one_person()
    with pytest.raises(InputError, match=r"'clip' ends at 5.00 s, .*annotation at 7.5 s"):
        judge_clip(clip, replace(found, duration_sec=5.0))
