"""List the action detectors trained on AVA: a literal table."""

from __future__ import annotations

from stad.zoo.entries import AVA_THRESHOLD, MMACTION, ModelEntry
from stad.zoo.weights import UrlWeights

PYTORCHVIDEO = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/"


def _ava(
    name: str,
    config: str,
    url: str,
    sha256: str,
    *,
    trained_on: str,
    metric: str,
    protocol: str = "mmaction2",
) -> ModelEntry:
    return ModelEntry(
        name=name,
        task="detect",
        config=config,
        weights=UrlWeights(url, sha256),
        licence="Apache-2.0",
        trained_on=trained_on,
        metric=metric,
        score_threshold=AVA_THRESHOLD,
        # Each published figure is one that the authors' own evaluation prints, see docs/models.md.
        evaluation=(("val_evaluator.protocol", protocol),),
    )


# fmt: off
AVA_MODELS: tuple[ModelEntry, ...] = (
    _ava(
        "slowfast_r50_4x16_ava21", "slowfast_ava.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb/"
        "slowfast_kinetics400-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb_20220906-5180ea3c.pth",
        "5180ea3c", trained_on="AVA v2.1", metric="AVA v2.1 mAP 24.32",
    ),
    _ava(
        "slowfast_r50_4x16_context_ava21", "slowfast_context_ava.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50-context_8xb16-4x16x1-20e_ava21-rgb/"
        "slowfast_kinetics400-pretrained-r50-context_8xb16-4x16x1-20e_ava21-rgb_20220906-5bb4f6f2.pth",
        "5bb4f6f2", trained_on="AVA v2.1", metric="AVA v2.1 mAP 25.34",
    ),
    _ava(
        "slowfast_r50_8x8_ava21", "slowfast_8x8_ava21.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50_8xb8-8x8x1-20e_ava21-rgb/"
        "slowfast_kinetics400-pretrained-r50_8xb8-8x8x1-20e_ava21-rgb_20220906-39133ec7.pth",
        "39133ec7", trained_on="AVA v2.1", metric="AVA v2.1 mAP 25.80",
    ),
    _ava(
        "slowfast_r50_8x8_ava22", "slowfast_8x8_ava.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50_8xb6-8x8x1-cosine-10e_ava22-rgb/"
        "slowfast_kinetics400-pretrained-r50_8xb6-8x8x1-cosine-10e_ava22-rgb_20220906-d934a48f.pth",
        "d934a48f", trained_on="AVA v2.2", metric="AVA v2.2 mAP 25.90",
    ),
    _ava(
        "slowfast_r50_8x8_tmax_ava22", "slowfast_8x8_tmax_ava.py",
        MMACTION + "detection/slowfast/"
        "slowfast_kinetics400-pretrained-r50-temporal-max_8xb6-8x8x1-cosine-10e_ava22-rgb/"
        "slowfast_kinetics400-pretrained-r50-temporal-max_8xb6-8x8x1-cosine-10e_ava22-rgb"
        "_20220906-13a9078e.pth",
        "13a9078e", trained_on="AVA v2.2", metric="AVA v2.2 mAP 26.41",
    ),
    _ava(
        "slowfast_r50_8x8_tmax_focal_ava22", "slowfast_8x8_tmax_focal_ava.py",
        MMACTION + "detection/slowfast/"
        "slowfast_r50-k400-pre-temporal-max-focal-alpha3-gamma1_8xb6-8x8x1-cosine-10e_ava22-rgb/"
        "slowfast_r50-k400-pre-temporal-max-focal-alpha3-gamma1_8xb6-8x8x1-cosine-10e_ava22-rgb"
        "_20220906-dd59e26f.pth",
        "dd59e26f", trained_on="AVA v2.2", metric="AVA v2.2 mAP 26.65",
    ),
    _ava(
        "slowfast_acrn_r50_8x8_ava21", "slowfast_acrn_ava21.py",
        MMACTION + "detection/acrn/"
        "slowfast-acrn_kinetics400-pretrained-r50_8xb8-8x8x1-cosine-10e_ava21-rgb/"
        "slowfast-acrn_kinetics400-pretrained-r50_8xb8-8x8x1-cosine-10e_ava21-rgb"
        "_20220906-0dae1a90.pth",
        "0dae1a90", trained_on="AVA v2.1", metric="AVA v2.1 mAP 27.65",
    ),
    _ava(
        "slowfast_acrn_r50_8x8_ava22", "slowfast_acrn_ava.py",
        MMACTION + "detection/acrn/"
        "slowfast-acrn_kinetics400-pretrained-r50_8xb8-8x8x1-cosine-10e_ava22-rgb/"
        "slowfast-acrn_kinetics400-pretrained-r50_8xb8-8x8x1-cosine-10e_ava22-rgb"
        "_20220906-66ec24a2.pth",
        "66ec24a2", trained_on="AVA v2.2", metric="AVA v2.2 mAP 27.71",
    ),
    _ava(
        "slowonly_r50_4x16_ava21", "slowonly_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb/"
        "slowonly_kinetics400-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb_20220906-953ef5fe.pth",
        "953ef5fe", trained_on="AVA v2.1", metric="AVA v2.1 mAP 20.72",
    ),
    _ava(
        "slowonly_r101_8x8_ava21", "slowonly_r101_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r101_8xb16-8x8x1-20e_ava21-rgb/"
        "slowonly_kinetics400-pretrained-r101_8xb16-8x8x1-20e_ava21-rgb_20220906-43f16877.pth",
        "43f16877", trained_on="AVA v2.1", metric="AVA v2.1 mAP 24.83",
    ),
    _ava(
        "slowonly_r50_8x8_k700_avakinetics", "slowonly_8x8_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb_20221205-16a01c37.pth",
        "16a01c37", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 27.82",
    ),
    _ava(
        "slowonly_r50_16x4_tricks_k700_avakinetics", "slowonly_16x4_tricks_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50_8xb8-16x4x1-10e-tricks_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50_8xb8-16x4x1-10e-tricks_ava-kinetics-rgb_20221205-dd652f81.pth",
        "dd652f81", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 31.29",
    ),
    # The authors publish no hash of these two.
    _ava(
        "slowfast_r50_8x8_pytorchvideo_ava22", "slowfast_8x8_pytorchvideo_ava.py",
        PYTORCHVIDEO + "ava/SLOWFAST_8x8_R50_DETECTION.pyth",
        "", trained_on="AVA v2.2", metric="AVA v2.2 mAP 24.67", protocol="pyslowfast",
    ),
    _ava(
        "slow_r50_4x16_pytorchvideo_ava22", "slow_4x16_pytorchvideo_ava.py",
        PYTORCHVIDEO + "ava/SLOW_4x16_R50_DETECTION.pyth",
        "", trained_on="AVA v2.2", metric="AVA v2.2 mAP 19.5", protocol="pyslowfast",
    ),
)
# fmt: on
