"""Turn boxes of people by video and frame, as MultiSports publishes them, into proposals."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stad.annotations.proposals import NO_PROPOSALS, read_proposals, write_proposals
from stad.annotations.tubes import TubeAnnotations
from stad.errors import InputError


def write_frame_proposals(
    path: str | Path, target: str | Path, annotations: TubeAnnotations
) -> tuple[int, int]:
    """Write an npz that ``proposals`` of a data set reads, with times in place of frames.

    Args:
        path: pickle from 'VIDEO,FRAME' to (P, 5) boxes, fractions of the frame, and scores; the
            videos without their folders, frames from 1.
        target: the npz.
        annotations: with facts of the videos.

    Returns:
        The number of frames that were written, and of those of unknown videos.

    Raises:
        InputError: the file cannot be read, no video of it is known, or the npz cannot be written.
    """
    names = {name.rpartition("/")[2]: name for name, one in annotations.facts.items() if one.fps}
    videos, times, parts, skipped = [], [], [NO_PROPOSALS], 0
    # The reader takes the second word of a key for seconds; here it is a frame.
    for (short, microseconds), found in read_proposals(path).items():
        name = names.get(short.rpartition("/")[2].removesuffix(".mp4"))
        if name is None:
            skipped += 1
            continue
        frame = microseconds // 1_000_000
        videos += [name] * len(found.boxes)
        times += [(frame - 1) / annotations.facts[name].fps] * len(found.boxes)
        parts.append(found)
    if len(parts) == 1:
        raise InputError(f"{path} has no boxes of the annotated videos. Give those of this data.")
    boxes, scores = (np.concatenate(one) for one in zip(*parts, strict=True))
    write_proposals(target, videos, times, boxes, scores)
    return len(parts) - 1, skipped
