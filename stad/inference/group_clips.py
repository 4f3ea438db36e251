"""Score the people of a clip together, for models that were trained on the region of all people."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from stad.actors.detectors.group import GroupDetector
from stad.annotations.own.examples import boxes_at
from stad.inference.options import InferenceOptions
from stad.structures import Frame
from stad.utils.steady_products import SteadyProducts
from stad.video.clip_reader import RawClip
from stad.video.geometry import clip_size, resize_frames, scale_boxes

if TYPE_CHECKING:
    from stad.models.feature_detector import FeatureDetector
    from stad.zoo import LoadedModel


def score_group(
    loaded: LoadedModel, raw: RawClip, times_sec: np.ndarray, people: GroupDetector
) -> np.ndarray:
    """Return the probabilities of a clip, (num_classes,) float64.

    Args:
        loaded: a model of ``FeatureDetector`` of whole frames.
        raw: the frames of the clip.
        times_sec: (T,) of its frames, seconds.
        people: finds the region of the people; it is asked as often as in ``stad annotate``.
    """
    frames = list(raw.frames)
    height_px, width_px = frames[0].shape[:2]
    known_sec, boxes = [], []
    looked_sec = -np.inf
    for place, time_sec in enumerate(np.asarray(times_sec).tolist()):
        if time_sec - looked_sec >= InferenceOptions.detect_sec:
            found = people.detect(Frame(place, time_sec, frames[raw.order[place]]))
            looked_sec = time_sec
            if found is not None:
                known_sec.append(time_sec)
                boxes.append(found.boxes[0])
    if not boxes:
        known_sec, boxes = [0.0], [(0, 0, width_px, height_px)]
    path = boxes_at(np.array(known_sec), np.array(boxes), np.asarray(times_sec))
    size = clip_size(width_px, height_px, loaded.short_side_px)
    clip = resize_frames(frames, size)[raw.order]
    track = torch.from_numpy(scale_boxes(path, (width_px, height_px), size))[None]
    model = cast("FeatureDetector", loaded.model)
    with torch.inference_mode(), SteadyProducts():
        inputs = model.data_preprocessor.normalise(torch.from_numpy(clip)[None])
        track = track.to(inputs.device)
        (logits,) = model.score_actors(inputs, [track[:, len(clip) // 2]], [track])
        return model.probabilities(logits)[0].double().cpu().numpy()
