"""Optical flow between neighbouring frames, with OpenCV."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

# Faster motion counts as this: flow is stored in [-1, 1].
BOUND_PX = 20.0
# Flow as bytes: no motion, and what is added for the fastest one.
STILL = 128
UNIT = 127
FLOW_CHANNELS = 2


def stacked_flow(frames: np.ndarray, *, bound_px: float = BOUND_PX) -> np.ndarray:
    """Dense flow from each frame to the next one, as channels of one image.

    Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016; stacked as by
    Simonyan and Zisserman 2014, section 3.1.

    Args:
        frames: (T, H, W, 3) uint8 RGB, T >= 2.
        bound_px: motion of so many pixels is 1, and so is any faster.

    Returns:
        (2 * (T - 1), H, W) float32 in [-1, 1]: to the right, down, and so on in turn.

    Raises:
        ValueError: a single frame.
    """
    if len(frames) < 2:
        raise ValueError(f"optical flow takes 2 frames or more, got {len(frames)}")
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    flows = [method.calc(before, after, None) for before, after in itertools.pairwise(greys)]
    stack = np.concatenate([flow.transpose(2, 0, 1) for flow in flows])
    return np.clip(stack / bound_px, -1, 1).astype(np.float32)


def append_flow(clips: np.ndarray, *, bound_px: float = BOUND_PX) -> np.ndarray:
    """Clips with two channels more: how each frame moved since the one before it, as bytes.

    Args:
        clips: (N, T, H, W, 3) uint8 RGB.
        bound_px: motion of so many pixels is the fastest one.

    Returns:
        (N, T, H, W, 5) uint8; the last two are ``STILL`` + ``UNIT`` * flow, to the right and
        down, and ``STILL`` for the first frame.
    """
    flows = np.full((*clips.shape[:-1], FLOW_CHANNELS), STILL, dtype=np.uint8)
    for target, frames in zip(flows, clips, strict=True):
        if len(frames) > 1:
            stack = stacked_flow(np.ascontiguousarray(frames), bound_px=bound_px)
            steps = stack.reshape(len(frames) - 1, FLOW_CHANNELS, *frames.shape[1:3])
            target[1:] = np.rint(STILL + UNIT * steps).transpose(0, 2, 3, 1)
    return np.concatenate((clips, flows), axis=-1)
