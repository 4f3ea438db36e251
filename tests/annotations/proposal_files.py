"""Files of proposals that tests read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from stad.annotations.proposals import MICROSECONDS, KeyframeId, Proposals


def write_proposals(path: str | Path, proposals: Mapping[KeyframeId, Proposals]) -> None:
    """Write an .npz that ``read_proposals`` reads."""
    rows = [(key, one) for key, one in sorted(proposals.items()) if len(one.scores)]
    counts = [len(one.scores) for _, one in rows]
    np.savez_compressed(
        path,
        video_ids=np.repeat([key[0] for key, _ in rows], counts).astype(str),
        times_sec=np.repeat([key[1] / MICROSECONDS for key, _ in rows], counts),
        boxes=np.concatenate([one.boxes for _, one in rows] or [np.zeros((0, 4))]),
        scores=np.concatenate([one.scores for _, one in rows] or [np.zeros(0)]),
    )
