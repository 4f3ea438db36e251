"""List the plain video transformers: UMT, VideoMAE and VideoMAE V2; a literal table."""

from __future__ import annotations

from stad.zoo.entries import AVA_THRESHOLD, KINETICS_THRESHOLD, MMACTION, ModelEntry
from stad.zoo.weights import UrlWeights

UMT = "https://pjlab-gvm-data.oss-cn-shanghai.aliyuncs.com/umt/single_modality/"
# mmaction2 licenses its files under Apache-2.0, but these were trained from VideoMAE's.
FROM_VIDEOMAE = "Apache-2.0, trained from weights under CC BY-NC 4.0"


def _ava(
    name: str,
    config: str,
    weights: UrlWeights,
    *,
    licence: str,
    trained_on: str,
    metric: str,
    protocol: str,
) -> ModelEntry:
    return ModelEntry(
        name=name,
        task="detect",
        config=config,
        weights=weights,
        licence=licence,
        trained_on=trained_on,
        metric=metric,
        score_threshold=AVA_THRESHOLD,
        evaluation=(("val_evaluator.protocol", protocol),),
    )


def _kinetics(
    name: str, config: str, weights: UrlWeights, *, metric: str, licence: str
) -> ModelEntry:
    return ModelEntry(
        name=name,
        task="recognize",
        config=config,
        weights=weights,
        licence=licence,
        trained_on="Kinetics-400",
        metric=metric,
        score_threshold=KINETICS_THRESHOLD,
    )


# fmt: off
VIT_AVA_MODELS: tuple[ModelEntry, ...] = (
    # The authors publish no hash of these two.
    _ava(
        "umt_vit_l16_ava22", "umt_large_ava.py",
        UrlWeights(UMT + "l16_ptk710_ftk710_ftava_f8_res224.pth", ""),
        licence="MIT", trained_on="AVA v2.2", metric="AVA v2.2 mAP 39.8", protocol="official",
    ),
    _ava(
        "umt_vit_b16_ava22", "umt_ava.py",
        UrlWeights(UMT + "b16_ptk710_ftk710_ftava_f8_res224.pth", ""),
        licence="MIT", trained_on="AVA v2.2", metric="AVA v2.2 mAP 33.5", protocol="official",
    ),
    _ava(
        "videomae_vit_l16_avakinetics", "videomae_large_ava.py",
        UrlWeights(
            MMACTION + "detection/videomae/"
            "vit-large-p16_videomae-k400-pre_8xb8-16x4x1-20e-adamw_ava-kinetics-rgb/"
            "vit-large-p16_videomae-k400-pre_8xb8-16x4x1-20e-adamw_ava-kinetics-rgb"
            "_20230314-bf93c9ea.pth",
            "bf93c9ea",
        ),
        licence=FROM_VIDEOMAE, trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 38.7",
        protocol="mmaction2",
    ),
    _ava(
        "videomae_vit_b16_avakinetics", "videomae_ava.py",
        UrlWeights(
            MMACTION + "detection/videomae/"
            "vit-base-p16_videomae-k400-pre_8xb8-16x4x1-20e-adamw_ava-kinetics-rgb/"
            "vit-base-p16_videomae-k400-pre_8xb8-16x4x1-20e-adamw_ava-kinetics-rgb"
            "_20230314-3dafab75.pth",
            "3dafab75",
        ),
        licence=FROM_VIDEOMAE, trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 33.6",
        protocol="mmaction2",
    ),
)

VIT_KINETICS_MODELS: tuple[ModelEntry, ...] = (
    _kinetics(
        "videomae2_vit_b16_k400", "videomae_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/videomaev2/"
            "vit-base-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400/"
            "vit-base-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400"
            "_20230510-3e7f93b2.pth",
            "3e7f93b2",
        ),
        metric="Kinetics-400 top-1 86.6", licence="MIT",
    ),
    _kinetics(
        "videomae2_vit_s16_k400", "videomae_small_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/videomaev2/"
            "vit-small-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400/"
            "vit-small-p16_videomaev2-vit-g-dist-k710-pre_16x4x1_kinetics-400"
            "_20230510-25c748fd.pth",
            "25c748fd",
        ),
        metric="Kinetics-400 top-1 83.6", licence="MIT",
    ),
    _kinetics(
        "videomae_vit_l16_k400", "videomae_large_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/videomae/"
            "vit-large-p16_videomae-k400-pre_16x4x1_kinetics-400_20221013-229dbb03.pth",
            "229dbb03",
        ),
        metric="Kinetics-400 top-1 85.3", licence="CC BY-NC 4.0",
    ),
    _kinetics(
        "videomae_vit_b16_k400", "videomae_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/videomae/"
            "vit-base-p16_videomae-k400-pre_16x4x1_kinetics-400_20221013-860a3cd3.pth",
            "860a3cd3",
        ),
        metric="Kinetics-400 top-1 81.3", licence="CC BY-NC 4.0",
    ),
)
# fmt: on
