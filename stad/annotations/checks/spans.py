"""Check detected segments and tubes against annotations: videos, times, frames, boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stad.annotations.checks.findings import Finding
from stad.annotations.checks.matches import Boxes, check_overlap, check_same_unit
from stad.annotations.checks.rows import check_scores
from stad.annotations.video_ids import guess_video_ids

# Ranges of the ratio of times to annotated ones for frame numbers, and for milliseconds.
FRAME_RATES, MILLISECONDS = (8.0, 130.0), (300.0, 3000.0)


def check_videos(
    annotated: Sequence[str], found: Sequence[str], *, num_detections: int
) -> list[Finding]:
    """Find detections in videos that are not annotated.

    Args:
        annotated: names of videos.
        found: the video of each detection.
        num_detections: number of detections.
    """
    known = set(annotated)
    unknown = [name for name in found if name not in known]
    if not unknown:
        return []
    none_matches = len(unknown) == num_detections
    names = sorted(set(unknown))
    guess = guess_video_ids(names, sorted(known))
    match = "match an annotated video" if none_matches else "are in videos that are not annotated"
    example = f"the detections have {names[0]!r}, the annotations {min(known)!r}"
    return [
        Finding(
            f"of {num_detections} detections {match}",
            count=0 if none_matches else len(unknown),
            unit="",
            guess=guess,
            examples=(example,),
            drops=False,
            stops=none_matches or (bool(guess) and 2 * len(unknown) > num_detections),
        )
    ]


def check_spans(span: np.ndarray) -> list[Finding]:
    """Find segments that end before they begin, or begin before the video.

    Args:
        span: (N, 2) float64 start and end, seconds.
    """
    turned, early = span[:, 0] >= span[:, 1], span[:, 1] <= 0
    guess = ""
    # Read as an end, a length is before the start if the start is late.
    if len(turned) and turned.mean() > 0.5:
        guess = "They look like a start and a length, or the end comes first: write start and end."
    return [
        Finding(
            "segments that end before they begin", np.flatnonzero(turned), guess=guess, drops=False
        ),
        Finding("segments before the start of the video", np.flatnonzero(early), drops=False),
    ]


def check_segment_times(
    truth: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> list[Finding]:
    """Find that no detected segment shares time with an annotated one.

    Args:
        truth: video -> (K, 2) float64 start and end of the annotations.
        found: the same of the detections, for the same videos.
    """
    ratios, hits, total = [], 0, 0
    for video, spans in found.items():
        mine = truth[video]
        shared = np.minimum(spans[:, None, 1], mine[None, :, 1]) - np.maximum(
            spans[:, None, 0], mine[None, :, 0]
        )
        hits += int((shared > 0).any(axis=1).sum())
        total += len(spans)
        if mine.max() > 0:
            ratios.append(spans.max() / mine.max())
    if not total or 10 * hits > total:
        return []
    ratio, guess = float(np.median(ratios)) if ratios else 1.0, ""
    times = f"Their times are about {ratio:.0f} times those of the annotations"
    if FRAME_RATES[0] <= ratio <= FRAME_RATES[1]:
        guess = f"{times}: they look like numbers of frames, not seconds."
    elif MILLISECONDS[0] <= ratio <= MILLISECONDS[1]:
        guess = f"{times}: they look like milliseconds, not seconds."
    elif FRAME_RATES[0] <= 1 / max(ratio, 1e-9) <= FRAME_RATES[1]:
        guess = "Their times are far smaller: the annotations look like numbers of frames."
    if hits and not guess:
        return []
    if guess:
        what = f"of {total} detections share time with an annotated segment"
        return [Finding(what, count=hits, unit="", guess=guess, drops=False, stops=True)]
    what = f"of {total} detections share no time with an annotated segment"
    return [Finding(what, count=total, unit="", drops=False)]


def check_tubes(
    truth: Mapping[str, Sequence], found: Mapping[str, Sequence], *, labels: Sequence[str]
) -> list[Finding]:
    """Find detected tubes whose frames or boxes have another form than the annotated ones.

    Args:
        truth: video -> annotated tubes with ``frames`` (T,), ``boxes`` (T, 4), ``label`` and
            ``score``.
        found: the same of the detections, for the same videos.
        labels: all labels.
    """
    sides = [_flattened(tubes, labels) for tubes in (truth, found)]
    findings = [_check_first_frames(found)]
    unit = check_same_unit(*(one.boxes for one in sides))
    if not unit and len(sides[0].key) and len(sides[1].key):
        findings += check_overlap(*sides, also_classes=False)
        shared = np.isin(sides[1].key, sides[0].key)
        if not shared.any():
            what = f"of {len(shared)} boxes are in frames that are annotated"
            guess = "Frames are numbered from 1, in annotations and in detections."
            findings.append(Finding(what, count=0, unit="", guess=guess, drops=False, stops=True))
    scores = np.array([one.score for tubes in found.values() for one in tubes], np.float64)
    findings += [
        Finding(one.what, count=one.number, unit="rows", guess=one.guess, drops=False)
        for one in check_scores(scores)
        if len(scores)
    ]
    return findings + unit + _check_corners(sides[1].boxes)


def _check_first_frames(found: Mapping[str, Sequence]) -> Finding:
    early = [(name, one) for name, tubes in found.items() for one in tubes if one.frames[0] < 1]
    guess = "They look like frames that count from 0: add 1 to each first_frame."
    what = "detections begin before frame 1, the first one"
    names = tuple(dict.fromkeys(name for name, _ in early))[:3]
    return Finding(what, count=len(early), unit="", guess=guess, examples=names, drops=False)


def _check_corners(boxes: np.ndarray) -> list[Finding]:
    flat = (boxes[:, 0] >= boxes[:, 2]) | (boxes[:, 1] >= boxes[:, 3])
    what = f"of {len(boxes)} boxes of detections have swapped corners or no area"
    are_many = bool(len(flat)) and flat.mean() > 0.5
    return [Finding(what, count=int(flat.sum()), unit="", drops=False, stops=are_many)]


def _flattened(tubes: Mapping[str, Sequence], labels: Sequence[str]) -> Boxes:
    """List the boxes of tubes; the key is made of the video's number and the frame."""
    number = {name: index for index, name in enumerate(sorted(tubes))}
    index_of = {name: index for index, name in enumerate(labels)}
    all_tubes = [(number[name], one) for name, mine in tubes.items() for one in mine]
    count = [len(one.frames) for _, one in all_tubes]
    keys = [(video << 40) + one.frames for video, one in all_tubes]
    return Boxes(
        np.concatenate([np.empty(0, np.int64), *keys]),
        np.concatenate([np.empty((0, 4)), *(one.boxes for _, one in all_tubes)]),
        np.repeat([index_of[one.label] for _, one in all_tubes], count).astype(np.int64),
        np.repeat([float(one.score) for _, one in all_tubes], count).astype(np.float64),
    )
