"""The parts of the annotation document, as plain values that JSON knows."""

from __future__ import annotations

import numpy as np

from stad.structures import FrameResult, Keyframe, RunInfo, Segment

FORMAT, VERSION = "stad-annotation", 1
TIME_DIGITS, SCORE_DIGITS, BOX_DIGITS = 6, 4, 1


def document_head(info: RunInfo) -> dict:
    """What the document says before its first frame."""
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
        "notes": dict(info.notes),
    }


def document_tail(
    segments: list[Segment], class_names: tuple[str, ...], *, complete: bool, num_frames: int
) -> dict:
    """What the document says after its last frame.

    Args:
        segments: of the whole run.
        class_names: of the model.
        complete: whether the whole video was read.
        num_frames: frames that were written.
    """
    return {
        "segments": segment_entries(segments, class_names),
        "complete": complete,
        "num_frames_written": num_frames,
    }


def frame_entry(result: FrameResult, class_names: tuple[str, ...], *, min_score: float) -> dict:
    """One frame; on a keyframe also its time and the scores of every actor.

    Args:
        result: the frame.
        class_names: of the model.
        min_score: least score of an action that is listed, in [0, 1].
    """
    entry: dict = {"index": result.index, "time_sec": round(result.time_sec, TIME_DIGITS)}
    keyframe = result.keyframe
    if keyframe is not None:
        entry["keyframe_sec"] = round(keyframe.time_sec, TIME_DIGITS)
    people = result.actors
    entry["actors"] = [
        {"id": int(actor_id), "box": _rounded(box, BOX_DIGITS), "score": _score(score)}
        for actor_id, box, score in zip(people.ids, people.boxes, people.scores, strict=True)
    ]
    if keyframe is not None:
        rows = _keyframe_rows(people.ids, keyframe)
        for actor, row in zip(entry["actors"], rows, strict=True):
            if row is not None:
                actor["actions"] = _actions(keyframe.scores[row], class_names, min_score)
    return entry


def segment_entries(segments: list[Segment], class_names: tuple[str, ...]) -> list[dict]:
    """The segments, by actor, then start, then class."""
    return [
        {
            "actor": segment.actor_id,
            "label": class_names[segment.class_index],
            "start_sec": round(segment.start_sec, TIME_DIGITS),
            "end_sec": round(segment.end_sec, TIME_DIGITS),
            "score": _score(segment.score),
        }
        for segment in sorted(segments, key=lambda s: (s.actor_id, s.start_sec, s.class_index))
    ]


def actor_name(actor_id: int) -> str:
    """How an actor is called on pages and in tables.

    >>> actor_name(3), actor_name(-1)
    ('#3', 'no id')
    """
    return f"#{actor_id}" if actor_id >= 0 else "no id"


def _keyframe_rows(ids: np.ndarray, keyframe: Keyframe) -> list[int | None]:
    """For each actor of the frame its row in the keyframe; None where it has none."""
    # People without a track share the id -1: only their order tells them apart.
    if np.array_equal(ids, keyframe.actors.ids):
        return list(range(len(ids)))
    row_of = {int(actor_id): row for row, actor_id in enumerate(keyframe.actors.ids)}
    return [row_of.get(int(actor_id)) if actor_id >= 0 else None for actor_id in ids]


def _actions(scores: np.ndarray, class_names: tuple[str, ...], min_score: float) -> list[dict]:
    order = np.argsort(-scores, kind="stable")
    return [
        {"label": class_names[index], "score": _score(scores[index])}
        for index in order.tolist()
        if scores[index] >= min_score
    ]


def _score(value: float) -> float:
    return round(float(value), SCORE_DIGITS)


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    return [round(value, digits) for value in np.asarray(values, dtype=np.float64).tolist()]
