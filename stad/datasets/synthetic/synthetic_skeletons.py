"""Draw skeletons of synthetic people in known postures, to train a posture head."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from stad.datasets.synthetic.keypoint_errors import Observed, observe
from stad.datasets.synthetic.posture_angles import Posture
from stad.datasets.synthetic.posture_body import draw_camera, draw_lengths, place_points, see_body
from stad.datasets.synthetic.posture_motion import draw_motion
from stad.errors import InputError

# How often each class is drawn: those with many forms more often.
CLASS_RATIOS = {
    Posture.STAND: 0.14,
    Posture.SIT: 0.21,
    Posture.WALK: 0.14,
    Posture.RUN: 0.04,
    Posture.LIE: 0.17,
    Posture.BEND: 0.08,
    Posture.CROUCH: 0.09,
    Posture.FALL: 0.13,
}


class SyntheticSkeletons(NamedTuple):
    """N actors over T frames; all float32 but the class ids.

    The values mean the same as in ``stad.models.heads.skeleton_features.Skeletons``; keypoints
    that the head does not read are 0.

    Attributes:
        class_ids: (N,) int64, ids of the label map 'poses'.
        flat: (N, T, 33, 2) keypoints, pixels.
        seen: (N, T, 33) probability that each is visible, 0-1.
        metric: (N, T, 33, 3) metres from the hips; y down.
        body: (N, T) probability that there is a body, 0-1.
        boxes: (N, T, 4) xyxy, pixels.
    """

    class_ids: np.ndarray
    flat: np.ndarray
    seen: np.ndarray
    metric: np.ndarray
    body: np.ndarray
    boxes: np.ndarray


def draw_skeletons(
    count: int,
    *,
    times_sec: np.ndarray,
    seed: int,
    on_sample: Callable[[], object] | None = None,
) -> SyntheticSkeletons:
    """Draw people in random postures before random cameras, with the errors of detectors.

    Args:
        count: number of people.
        times_sec: (T,) times of the frames, seconds from the keyframe, which is at T // 2; they
            increase.
        seed: the same seed gives the same values.
        on_sample: called after each person, for a progress bar.

    Raises:
        InputError: a value does not fit.
    """
    times_sec = np.asarray(times_sec, dtype=float)
    _check(count, times_sec, seed)
    rng = np.random.default_rng(seed)
    class_ids = rng.choice(
        np.array(list(CLASS_RATIOS), dtype=np.int64), count, p=list(CLASS_RATIOS.values())
    )
    observed = []
    for class_id in class_ids:
        observed.append(_draw_one(rng, Posture(class_id), times_sec))
        if on_sample is not None:
            on_sample()
    parts = (np.stack(values).astype(np.float32) for values in zip(*observed, strict=True))
    return SyntheticSkeletons(class_ids, *parts)


def _draw_one(rng: np.random.Generator, posture: Posture, times_sec: np.ndarray) -> Observed:
    motion = draw_motion(rng, posture, times_sec)
    points = place_points(motion.postures, draw_lengths(rng))
    return observe(rng, posture, see_body(points, motion.path, draw_camera(rng)))


def _check(count: int, times_sec: np.ndarray, seed: int) -> None:
    if count < 1:
        raise InputError(f"The number of skeletons must be 1 or more, got {count}.")
    if seed < 0:
        raise InputError(f"The seed must be 0 or more, got {seed}.")
    if times_sec.ndim != 1 or not len(times_sec) or not np.isfinite(times_sec).all():
        raise InputError(
            f"Times must be a list of 1 or more numbers, got {times_sec.tolist()}. "
            "Use seconds from the keyframe, such as -0.4, 0 and 0.4."
        )
    if (np.diff(times_sec) <= 0).any() or times_sec[len(times_sec) // 2] != 0:
        raise InputError(
            f"Times must increase, with the keyframe's 0 in the middle, got {times_sec.tolist()}. "
            "Use seconds from the keyframe, such as -0.4, 0 and 0.4."
        )
