"""List the action detectors trained on AVA: a literal table."""

from __future__ import annotations

from stad.zoo.entries import AVA_THRESHOLD, MMACTION, PYSLOWFAST, ModelEntry
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
    min_score: float | None = None,
) -> ModelEntry:
    # Each published figure is one that the authors' own evaluation prints, see docs/models.md.
    evaluation: tuple[tuple[str, object], ...] = (("val_evaluator.protocol", protocol),)
    if min_score is not None:
        evaluation += (("val_dataloader.dataset.min_score", min_score),)
    return ModelEntry(
        name=name,
        task="detect",
        config=config,
        weights=UrlWeights(url, sha256),
        licence="Apache-2.0",
        trained_on=trained_on,
        metric=metric,
        score_threshold=AVA_THRESHOLD,
        evaluation=evaluation,
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
        "slowonly_r50_4x16_k700_ava21", "slowonly_k700_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics700-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb/"
        "slowonly_kinetics700-pretrained-r50_8xb16-4x16x1-20e_ava21-rgb_20220906-b3b6d44e.pth",
        "b3b6d44e", trained_on="AVA v2.1", metric="AVA v2.1 mAP 22.77",
    ),
    _ava(
        "slowonly_nl_r50_4x16_ava21", "slowonly_nl_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r50-nl_8xb16-4x16x1-20e_ava21-rgb/"
        "slowonly_kinetics400-pretrained-r50-nl_8xb16-4x16x1-20e_ava21-rgb_20220906-5ae3f91b.pth",
        "5ae3f91b", trained_on="AVA v2.1", metric="AVA v2.1 mAP 21.55",
    ),
    _ava(
        "slowonly_nl_r50_8x8_ava21", "slowonly_nl_8x8_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r50-nl_8xb16-8x8x1-20e_ava21-rgb/"
        "slowonly_kinetics400-pretrained-r50-nl_8xb16-8x8x1-20e_ava21-rgb_20220906-9760eadb.pth",
        "9760eadb", trained_on="AVA v2.1", metric="AVA v2.1 mAP 23.77",
    ),
    _ava(
        "slowonly_r101_8x8_ava21", "slowonly_r101_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_kinetics400-pretrained-r101_8xb16-8x8x1-20e_ava21-rgb/"
        "slowonly_kinetics400-pretrained-r101_8xb16-8x8x1-20e_ava21-rgb_20220906-43f16877.pth",
        "43f16877", trained_on="AVA v2.1", metric="AVA v2.1 mAP 24.83",
    ),
    _ava(
        "slowonly_r50_4x16_k400_avakinetics", "slowonly_4x16_k400_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k400-pre-r50_8xb8-4x16x1-10e_ava-kinetics-rgb/"
        "slowonly_k400-pre-r50_8xb8-4x16x1-10e_ava-kinetics-rgb_20221205-33e3ca7c.pth",
        "33e3ca7c", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 24.53",
    ),
    _ava(
        "slowonly_r50_4x16_k700_avakinetics", "slowonly_4x16_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50_8xb8-4x16x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50_8xb8-4x16x1-10e_ava-kinetics-rgb_20221205-a07e8c15.pth",
        "a07e8c15", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 25.87",
    ),
    _ava(
        "slowonly_r50_8x8_k400_avakinetics", "slowonly_8x8_k400_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k400-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k400-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb_20221205-8f8dff3b.pth",
        "8f8dff3b", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 26.10",
    ),
    _ava(
        "slowonly_r50_8x8_k700_avakinetics", "slowonly_8x8_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50_8xb8-8x8x1-10e_ava-kinetics-rgb_20221205-16a01c37.pth",
        "16a01c37", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 27.82",
    ),
    _ava(
        "slowonly_r50_8x8_context_k700_avakinetics", "slowonly_8x8_context_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50-context_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50-context_8xb8-8x8x1-10e_ava-kinetics-rgb_20221205-5d514f8c.pth",
        "5d514f8c", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 28.31",
    ),
    _ava(
        "slowonly_r50_8x8_context_tmax_k700_avakinetics", "slowonly_8x8_context_tmax_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50-context-temporal-max_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50-context-temporal-max_8xb8-8x8x1-10e_ava-kinetics-rgb_20221205-5b5e71eb.pth",
        "5b5e71eb", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 28.48",
    ),
    _ava(
        "slowonly_r50_8x8_context_tmax_mlp_k700_avakinetics",
        "slowonly_8x8_context_tmax_mlp_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50-context-temporal-max-nl-head_8xb8-8x8x1-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50-context-temporal-max-nl-head_8xb8-8x8x1-10e_ava-kinetics-rgb"
        "_20221205-87624265.pth",
        "87624265", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 29.83",
    ),
    _ava(
        "slowonly_r50_8x8_tricks_k700_avakinetics", "slowonly_8x8_tricks_ava.py",
        MMACTION + "detection/slowonly/"
        "slowonly_k700-pre-r50-context-temporal-max-nl-head_8xb8-8x8x1-focal-10e_ava-kinetics-rgb/"
        "slowonly_k700-pre-r50-context-temporal-max-nl-head_8xb8-8x8x1-focal-10e_ava-kinetics-rgb"
        "_20221205-37aa8395.pth",
        "37aa8395", trained_on="AVA-Kinetics", metric="AVA v2.2 mAP 30.33",
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
    # Nor of PySlowFast's. Their person boxes are its own: scores of 0.8 and above, 0.9 for Slow.
    _ava(
        "slowfast_r101_8x8_nl_pyslowfast_ava21", "slowfast_r101_nl_pyslowfast_ava21.py",
        PYSLOWFAST + "ava/SLOWFAST_32x2_R101_50_50_v2.1.pkl",
        "", trained_on="AVA v2.1", metric="AVA v2.1 mAP 28.2", protocol="pyslowfast",
    ),
    _ava(
        "slowfast_r101_8x8_nl_pyslowfast_ava22", "slowfast_r101_nl_pyslowfast_ava.py",
        PYSLOWFAST + "ava/SLOWFAST_32x2_R101_50_50.pkl",
        "", trained_on="AVA v2.2", metric="AVA v2.2 mAP 29.1", protocol="pyslowfast",
    ),
    _ava(
        "slowfast_r101_16x8_nl_pyslowfast_ava22", "slowfast_r101_nl_16x8_pyslowfast_ava.py",
        PYSLOWFAST + "ava/SLOWFAST_64x2_R101_50_50.pkl",
        "", trained_on="AVA v2.2", metric="AVA v2.2 mAP 29.4", protocol="pyslowfast",
    ),
    _ava(
        "slow_r50_4x16_pyslowfast_ava22", "slow_4x16_pytorchvideo_ava.py",
        PYSLOWFAST + "ava/C2D_8x8_R50.pkl",
        "", trained_on="AVA v2.2", metric="AVA v2.2 mAP 19.5", protocol="pyslowfast", min_score=0.9,
    ),
)
# fmt: on
