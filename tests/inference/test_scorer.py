"""Frames one after the other score as the whole stream does."""

from pathlib import Path

import numpy as np
import torch

from stad import zoo
from stad.actors.detectors.whole_frame import WholeFrame
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.scorer import OnlineScorer
from stad.structures import Frame

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_online.py")


def open_scorer():
    """The tiny model with weights by a seed, and its scorer."""
    torch.manual_seed(0)
    loaded = zoo.open_model(CONFIG, weights=None)
    scorer = OnlineScorer(
        loaded.model, loaded.window, short_side_px=loaded.short_side_px, num_classes=400
    )
    return loaded.model, scorer


def test_a_stream_scores_as_the_clip_of_all_its_frames():
    model, scorer = open_scorer()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 64, 80, 3), dtype=np.uint8)
    interval_sec = scorer.window.interval_sec
    frames = (Frame(i, i * interval_sec, image) for i, image in enumerate(images))
    for begin in (0, 20):
        scorer.begin_stream()
        results = annotate_frames(
            [next(frames) for _ in range(20)],
            WholeFrame(),
            scorer,
            options=PipelineOptions(stride_sec=interval_sec, batch_size=3),
            fps=1 / interval_sec,
        )
        found = [one.keyframe.scores[0] for one in results]
        # The window of the first keyframe, at its third place: the first frame stands for those
        # that are not there. Each later one adds a frame, the last again and again at the end.
        seen = begin + np.array([0, 0, 0, *range(1, 20), 19])
        inputs = model.data_preprocessor.normalise(torch.from_numpy(images[seen][None]))
        with torch.inference_mode():
            (maps,) = model.backbone(inputs)
            logits = [model.head((maps[:, :, k : k + 4],))[0] for k in range(20)]
        expected = model.probabilities(torch.stack(logits)).numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)
