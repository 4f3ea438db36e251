"""List the action detectors trained on MultiSports: a literal table."""

from __future__ import annotations

from stad.zoo.entries import KINETICS_THRESHOLD, MMACTION, ModelEntry
from stad.zoo.weights import UrlWeights


def _multisports(name: str, config: str, url: str, sha256: str, *, metric: str) -> ModelEntry:
    return ModelEntry(
        name=name,
        task="detect",
        config=config,
        weights=UrlWeights(url, sha256),
        # The data set itself is licensed under CC BY-NC 4.0, see docs/zoo.md.
        licence="Apache-2.0",
        trained_on="MultiSports",
        metric=metric,
        score_threshold=KINETICS_THRESHOLD,
        # The actions of sports are short.
        stride_sec=0.4,
    )


# fmt: off
MULTISPORTS_MODELS: tuple[ModelEntry, ...] = (
    _multisports(
        "slowonly_r50_4x16_multisports", "slowonly_4x16_multisports.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r50_8xb16-4x16x1-8e_multisports-rgb/"
        "slowonly_kinetics400-pretrained-r50_8xb16-4x16x1-8e_multisports-rgb_20230320-a1ca5e76.pth",
        "a1ca5e76", metric="MultiSports frame-mAP@0.5 26.40",
    ),
    _multisports(
        "slowfast_r50_4x16_multisports", "slowfast_4x16_multisports.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50_8xb16-4x16x1-8e_multisports-rgb/"
        "slowfast_kinetics400-pretrained-r50_8xb16-4x16x1-8e_multisports-rgb_20230320-af666368.pth",
        "af666368", metric="MultiSports frame-mAP@0.5 36.88",
    ),
)
# fmt: on
