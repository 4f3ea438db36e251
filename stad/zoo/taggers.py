"""List the models that tag whole videos from the features of their frames: a literal table."""

from __future__ import annotations

from stad.zoo.entries import AVA_THRESHOLD, TAG, ModelEntry
from stad.zoo.weights import UrlWeights

# fmt: off
TAGGERS: tuple[ModelEntry, ...] = (
    # The authors publish no weights.
    ModelEntry(
        "nextvlad_youtube8m", TAG, "nextvlad_youtube8m.py", None,
        licence="-", trained_on="YouTube-8M", metric="YouTube-8M GAP@20 0.8723",
        metric_note="on a tenth of the validation videos; without weights",
        score_threshold=AVA_THRESHOLD,
    ),
    # Paddle publishes no hash.
    ModelEntry(
        "nextvlad_paddle_youtube8m", TAG, "nextvlad_paddle_youtube8m.py",
        UrlWeights(
            "https://paddlemodels.bj.bcebos.com/video_classification/NEXTVLAD.pdparams", "",
        ),
        licence="Apache-2.0", trained_on="YouTube-8M", metric="YouTube-8M GAP@20 0.8709",
        score_threshold=AVA_THRESHOLD,
    ),
)
# fmt: on
