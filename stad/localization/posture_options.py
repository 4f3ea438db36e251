"""The localizer's options for models of postures that exclude each other, where no file gives any.

Scores of postures come decoded (``PostureDecoder``), so they are not averaged over windows again,
which would hide falls. A pause in sitting or lying is bridged for longer than one in standing or
walking, which really alternate. A fall is short: it may be of one keyframe and a little less sure
than other postures, and one fall is one segment.

The values were chosen on the annotated home videos of ``stad/datasets/prepare/poses`` with
weights that were trained without the person.
"""

from __future__ import annotations

from collections.abc import Sequence

from stad.localization.options import LabelOptions, LocalizerOptions

FALL = "fall down"
# People change these rarely, by the names of the label map 'poses'.
LASTING = ("sit", "lie/sleep")

# Pauses that are bridged, seconds.
JOIN_POSTURE_SEC, JOIN_LASTING_SEC, JOIN_FALL_SEC = 0.5, 2.0, 1.0
# A fall starts at this part of the threshold of the run.
FALL_START = 0.9
# Actions beside the postures are not decoded: one keyframe alone is not enough, and they pause.
MIN_ACTION_SEC, JOIN_ACTION_SEC = 0.5, 1.0


def posture_options(
    class_names: Sequence[str], num_exclusive: int, *, threshold: float
) -> LocalizerOptions:
    """Return the options for a model of postures.

    Args:
        class_names: of the model; those of the postures come first.
        num_exclusive: number of postures.
        threshold: score at which a label is shown, in [0, 1].

    >>> options = posture_options(("stand", "sit", "fall down", "read"), 3, threshold=0.5)
    >>> [options.of_label(name).join_gap_sec for name in ("stand", "sit", "fall down", "read")]
    [0.5, 2.0, 1.0, 1.0]
    >>> options.of_label("fall down").start_threshold
    0.45
    """
    postures = class_names[:num_exclusive]
    labels = {name: LabelOptions(join_gap_sec=JOIN_LASTING_SEC) for name in LASTING}
    labels[FALL] = LabelOptions(
        start_threshold=FALL_START * threshold,
        min_length_sec=0.0,
        join_gap_sec=JOIN_FALL_SEC,
    )
    labels = {name: one for name, one in labels.items() if name in postures}
    for name in class_names[num_exclusive:]:
        labels[name] = LabelOptions(min_length_sec=MIN_ACTION_SEC, join_gap_sec=JOIN_ACTION_SEC)
    return LocalizerOptions(
        start_threshold=threshold,
        join_gap_sec=JOIN_POSTURE_SEC,
        window_sec=0.0,
        labels=labels,
    )
