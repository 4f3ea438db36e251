"""Compute optical flow between neighbouring frames, with OpenCV."""

from __future__ import annotations

import itertools
from typing import Any, cast

import cv2
import numpy as np

# Faster motion is clipped to this: flow is stored in [-1, 1].
BOUND_PX = 20.0
# Flow as bytes: the value of no motion, and the range of the fastest motion.
STILL = 128
UNIT = 127
FLOW_CHANNELS = 2


def stacked_flow(frames: np.ndarray, *, bound_px: float = BOUND_PX) -> np.ndarray:
    """Compute dense flow from each frame to the next one, as channels of one image.

    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016; stacked as by
    Simonyan and Zisserman 2014, section 3.1.

    Args:
        frames: (T, H, W, 3) uint8 RGB, T >= 2.
        bound_px: motion of this many pixels or more becomes 1.

    Returns:
        (2 * (T - 1), H, W) float32 in [-1, 1]: right and down, for each pair of frames.

    Raises:
        ValueError: there are fewer than 2 frames.
    """
    if len(frames) < 2:
        raise ValueError(f"optical flow takes 2 frames or more, got {len(frames)}")
    # The stubs do not know that the flow may be None, to begin without one.
    method = cast("Any", cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    flows = [method.calc(before, after, None) for before, after in itertools.pairwise(greys)]
    stack = np.concatenate([flow.transpose(2, 0, 1) for flow in flows])
    return np.clip(stack / bound_px, -1, 1).astype(np.float32)


def append_flow(clips: np.ndarray, *, bound_px: float = BOUND_PX) -> np.ndarray:
    """Append two channels to clips: the motion from the frame before, as bytes.

    Args:
        clips: (N, T, H, W, 3) uint8 RGB.
        bound_px: motion of this many pixels or more is the fastest.

    Returns:
        (N, T, H, W, 5) uint8; the last two are ``STILL`` + ``UNIT`` * flow, to the right and
        down, and ``STILL`` for the first frame.
    """
    flows = np.full((*clips.shape[:-1], FLOW_CHANNELS), STILL, dtype=np.uint8)
    for number, frames in enumerate(clips):
        if len(frames) > 1:
            stack = stacked_flow(np.ascontiguousarray(frames), bound_px=bound_px)
            steps = stack.reshape(len(frames) - 1, FLOW_CHANNELS, *frames.shape[1:3])
            flows[number, 1:] = np.rint(STILL + UNIT * steps).transpose(0, 2, 3, 1)
    return np.concatenate((clips, flows), axis=-1)
