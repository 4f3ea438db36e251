"""Build and read the parts of the annotation document, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from stad.structures import Actors, FrameResult, Keyframe, RunInfo, Segment, Tube
from stad.utils.numbers import rounded, rounded_or_none

# Version 1 had no tubes, and no null for an unknown score.
FORMAT, VERSION, READ_VERSIONS = "stad-annotation", 2, (1, 2)
TIME_DIGITS, SCORE_DIGITS, BOX_DIGITS = 6, 4, 1


def document_head(info: RunInfo) -> dict:
    """Return the document's entries before its first frame."""
    video = info.video
    return {
        "format": FORMAT,
        "version": VERSION,
        "video": {
            "name": video.name,
            "width": video.width_px,
            "height": video.height_px,
            "fps": round(float(video.fps), TIME_DIGITS),
            "num_frames": video.num_frames,
            "duration_sec": round(video.duration_sec, TIME_DIGITS),
        },
        "model": info.model,
        "detector": info.detector,
        "class_names": list(info.class_names),
        "threshold": info.threshold,
        "stride_sec": info.stride_sec,
        # Readers of version 2 expect the key.
        "notes": {},
    }


def document_tail(*, complete: bool, num_frames: int) -> dict:
    """Return the document's entries after its last segment.

    Args:
        complete: whether the whole video was read.
        num_frames: frames that were written.
    """
    return {"complete": complete, "num_frames_written": num_frames}


def frame_entry(result: FrameResult, class_names: tuple[str, ...], *, min_score: float) -> dict:
    """Return the entry of a frame; a keyframe also has its time and the actors' scores.

    A score that is NaN becomes None. If all scores of an actor are NaN, so do its actions.

    Args:
        result: the frame.
        class_names: of the model.
        min_score: minimum score of an action that is listed, in [0, 1].
    """
    entry: dict = {"index": result.index, "time_sec": round(result.time_sec, TIME_DIGITS)}
    keyframe = result.keyframe
    if keyframe is not None:
        entry["keyframe_sec"] = round(keyframe.time_sec, TIME_DIGITS)
    people = result.actors
    entry["actors"] = [
        {"id": int(actor_id), "box": rounded(box, BOX_DIGITS), "score": _score(score)}
        for actor_id, box, score in zip(people.ids, people.boxes, people.scores, strict=True)
    ]
    if keyframe is not None:
        rows = _keyframe_rows(people.ids, keyframe)
        for actor, row in zip(entry["actors"], rows, strict=True):
            if row is not None:
                actor["actions"] = _actions(keyframe.scores[row], class_names, min_score)
    return entry


def segment_entries(segments: Iterable[Segment], class_names: tuple[str, ...]) -> list[dict]:
    """Return the entries of segments, by actor, then start, then class."""
    return [
        {
            "actor": segment.actor_id,
            "label": class_names[segment.class_index],
            "start_sec": round(segment.start_sec, TIME_DIGITS),
            "end_sec": round(segment.end_sec, TIME_DIGITS),
            "score": _score(segment.score),
        }
        for segment in sorted(segments, key=document_order)
    ]


def document_order(segment: Segment) -> tuple[int, float, int]:
    """Return the key that the document's segments are sorted by."""
    return segment.actor_id, segment.start_sec, segment.class_index


def tube_entry(segment: Segment, tube: Tube, class_names: tuple[str, ...]) -> dict:
    """Return the entry of a segment with the boxes of its actor."""
    times = [round(time_sec, TIME_DIGITS) for time_sec in tube.times_sec.tolist()]
    boxes = [rounded(box, BOX_DIGITS) for box in tube.boxes]
    [entry] = segment_entries([segment], class_names)
    return entry | {"tube": {"times_sec": times, "boxes": boxes}}


def frame_results(document: dict) -> Iterator[FrameResult]:
    """Yield the frames of a document; scores that it does not list are 0."""
    column = {name: index for index, name in enumerate(document["class_names"])}
    for frame in document["frames"]:
        people = frame["actors"]
        scores = [np.nan if one["score"] is None else one["score"] for one in people]
        actors = Actors.from_arrays(
            [one["box"] for one in people], scores, [one["id"] for one in people]
        )
        keyframe = None
        if "keyframe_sec" in frame:
            keyframe = _read_keyframe(frame["keyframe_sec"], actors, people, column=column)
        yield FrameResult(
            frame["index"], frame["time_sec"], actors, [[] for _ in people], keyframe=keyframe
        )


def _read_keyframe(
    time_sec: float, actors: Actors, people: list[dict], *, column: dict[str, int]
) -> Keyframe:
    rows = [row for row, one in enumerate(people) if "actions" in one]
    scores = np.zeros((len(rows), len(column)), np.float32)
    for row, place in zip(scores, rows, strict=True):
        if people[place]["actions"] is None:
            row[:] = np.nan
        for action in people[place]["actions"] or ():
            score = action["score"]
            row[column[action["label"]]] = np.nan if score is None else score
    return Keyframe(time_sec, actors[rows], scores)


def actor_name(actor_id: int) -> str:
    """Return the name of an actor on pages and in tables.

    >>> actor_name(3), actor_name(-1)
    ('#3', 'no id')
    """
    return f"#{actor_id}" if actor_id >= 0 else "no id"


def _keyframe_rows(ids: np.ndarray, keyframe: Keyframe) -> list[int | None]:
    """Return each actor's row in the keyframe; None without one."""
    # People without a track share the id -1, so only their order tells them apart.
    if np.array_equal(ids, keyframe.actors.ids):
        return list(range(len(ids)))
    row_of = {int(actor_id): row for row, actor_id in enumerate(keyframe.actors.ids)}
    return [row_of.get(int(actor_id)) if actor_id >= 0 else None for actor_id in ids]


def _actions(
    scores: np.ndarray, class_names: tuple[str, ...], min_score: float
) -> list[dict] | None:
    if not np.isfinite(scores).any():
        return None
    order = np.argsort(-scores, kind="stable")
    return [
        {"label": class_names[index], "score": _score(float(scores[index]))}
        for index in order.tolist()
        if not scores[index] < min_score
    ]


def _score(value: float) -> float | None:
    """Round a score; NaN and infinity become None."""
    return rounded_or_none(value, SCORE_DIGITS)
