"""Score the classes of a whole video file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stad.errors import InputError
from stad.video.sampling import Views, view_times

if TYPE_CHECKING:
    from stad.models.recognizer import Recognizer
    from stad.zoo import LoadedModel

# Of a model of short windows, so that a video of ten seconds is seen from one end to the other.
DENSE_CLIPS = 5


@dataclass(frozen=True)
class Recognition:
    """The scores of a video.

    Attributes:
        class_names: the class of each score.
        scores: (num_classes,) float64 in [0, 1], the mean over the views.
        views: the clips and crops that were scored.
    """

    class_names: tuple[str, ...]
    scores: np.ndarray
    views: Views

    def top(self, count: int) -> list[tuple[int, float]]:
        """Return class indices and scores, highest first; the lower class first on a tie."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return [(int(index), float(self.scores[index])) for index in order]


def recognize_video(
    path: str | Path, loaded: LoadedModel, *, views: Views | None = None
) -> Recognition:
    """Score the classes of a video file as ``tools/test.py`` does.

    Args:
        path: of the video.
        loaded: a ``Recognizer`` by ``stad.zoo.open_model``.
        views: clips and crops whose scores are averaged; None takes one crop, of one clip for a
            model that sees segments of the whole video, else of five.

    Raises:
        InputError: the video cannot be read, or the model scores people.
    """
    from stad.models.recognizer import Recognizer
    from stad.video.clip_source import VideoFiles
    from stad.video.crops import crop_views

    if not isinstance(loaded.model, Recognizer):
        raise InputError(
            f"{loaded.name} scores people, not whole videos. Use 'stad annotate', or choose a "
            "model of the whole clip; see --list-models."
        )
    model = loaded.model
    views = views or Views(1 if loaded.sampling == "segments" else DENSE_CLIPS, 1)
    path = Path(path)
    source = VideoFiles(path.parent, num_threads=0)
    duration_sec = source.duration_sec(path.name)
    sums = np.zeros(len(loaded.class_names))
    for index in range(views.num_clips):
        times_sec = view_times(
            duration_sec,
            loaded.window,
            index=index,
            sampling=loaded.sampling,
            num_clips=views.num_clips,
        )
        raw = source.read_at(path.name, times_sec)
        crops = crop_views(
            raw.frames,
            short_side_px=loaded.short_side_px,
            crop_px=loaded.crop_px,
            num_crops=views.num_crops,
        )
        # One crop at a time: ten of a large network may not fit into memory.
        sums += sum(_score(model, crop[raw.order]) for crop in crops)
    return Recognition(loaded.class_names, sums / (views.num_clips * views.num_crops), views)


def _score(model: Recognizer, clip: np.ndarray) -> np.ndarray:
    """Score a clip, (T, H, W, 3) uint8 RGB -> (num_classes,) float64 in [0, 1]."""
    import torch

    with torch.inference_mode():
        inputs = model.data_preprocessor.normalise(torch.from_numpy(clip)[None])
        return model.probabilities(model.score_clips(inputs))[0].double().cpu().numpy()
