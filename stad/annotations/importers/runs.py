"""Join labels at single frames or times to labels with a start and an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from stad.annotations.importers.contract import FRAMES, FileSpan, FileTrack, Unit

# A label is valid from its time to the next one, if that is not much later than usual.
MAX_STEPS = 1.5
# What is annotated less often than this says nothing of the time in between.
MAX_STEP: dict[Unit, float] = {"frames": 90.0, "seconds": 3.0}


def usual_step(places: Iterable[float], unit: Unit) -> float:
    """Return the usual distance of the annotated frames or times of a video.

    It is the lower quartile, as there are gaps in which no person is seen.

    >>> usual_step([900, 901, 902, 905], "seconds"), usual_step([7], "frames")
    (1.0, 1.0)
    """
    gaps = np.diff(np.unique(np.array(list(places), np.float64)))
    if not len(gaps):
        return 1.0
    return min(float(np.percentile(gaps, 25, method="lower")), MAX_STEP[unit])


def spans_of_keyframes(
    track: int | None,
    labels: Mapping[float, Iterable[str]],
    *,
    step: float,
    unit: Unit,
    group: str = "",
) -> list[FileSpan]:
    """Return the spans of a person's labels at single times.

    Labels of each frame hold until the next frame. Where only some frames or times are annotated,
    a label holds half a step before and after its time.

    Args:
        track: id of the person; None for the whole frame.
        labels: of each time at which the person is annotated, also those without any.
        step: usual distance of annotated times.
        unit: of the times.
        group: see ``FileSpan``.

    >>> spans_of_keyframes(0, {3: ["a"], 4: ["a", "b"], 5: []}, step=1, unit="frames")[0]
    FileSpan(track=0, label='a', start=3, end=5, is_positive=True, group='')
    """
    is_dense = unit == FRAMES and step <= 1
    before, after = (0, 1) if is_dense else (step / 2, step / 2)
    places = sorted(labels)
    names = dict.fromkeys(name for place in places for name in labels[place])
    spans = []
    for name in names:
        for run in _runs(places, [name in set(labels[place]) for place in places], step):
            spans.append(
                FileSpan(track, name, max(run[0] - before, 0), run[-1] + after, group=group)
            )
    return sorted(spans, key=lambda one: one.start)


def track_with_breaks(
    track_id: int, boxes: Mapping[float, tuple[float, ...]], *, step: float
) -> FileTrack:
    """Return a track of boxes at single times; a gap of more than 1.5 steps is an absence."""
    places = sorted(boxes)
    following = [*places[1:], places[-1]]
    rows = (
        (place, boxes[place], after - place > MAX_STEPS * step)
        for place, after in zip(places, following, strict=True)
    )
    return FileTrack.from_rows(track_id, rows)


def _runs(places: Sequence[float], has_label: Sequence[bool], step: float) -> list[list[float]]:
    """Return the places with the label, those that follow each other together."""
    runs: list[list[float]] = []
    is_open = False
    for place, has in zip(places, has_label, strict=True):
        if has and is_open and place - runs[-1][-1] <= MAX_STEPS * step:
            runs[-1].append(place)
        elif has:
            runs.append([place])
        is_open = has
    return runs
