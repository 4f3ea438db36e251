"""List the person detectors that are published as ONNX files: a literal table.

The zip archives are those of mmpose's RTMPose project, and their addresses also stand in rtmlib.
The digits in their names are of the torch checkpoints; the hashes here are of the ONNX files in
them, as several projects that use them state. None is known for RTMDet-m.

The APs of RTMDet are of people in COCO (mmpose), those of YOLOX of people as rtmlib states them:
the two cannot be compared. YOLOX was trained on COCO and Human-Art, which its authors gather for
non-commercial use, RTMDet on COCO and Objects365.
"""

from __future__ import annotations

from stad.zoo.entries import OPENMMLAB, DetectorEntry
from stad.zoo.weights import ZipWeights

ONNX_SDK = OPENMMLAB + "mmpose/v1/projects/rtmposev1/onnx_sdk/"
MEMBER = "end2end.onnx"

# fmt: off
ONNX_DETECTORS: tuple[DetectorEntry, ...] = (
    DetectorEntry(
        "rtmdet_nano_person", "onnx", "rtmdet 320",
        ZipWeights(
            ONNX_SDK + "rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.zip", MEMBER,
            "8297e829ccc5590c8e2d32d5a211f322a0585fb7467eec85eb12c9525b0b95d6",
        ),
        box_ap=40.3, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "rtmdet_m_person_onnx", "onnx", "rtmdet 640",
        ZipWeights(
            ONNX_SDK + "rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.zip", MEMBER, ""
        ),
        box_ap=62.5, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "yolox_tiny_humanart", "onnx", "yolox 416",
        ZipWeights(
            ONNX_SDK + "yolox_tiny_8xb8-300e_humanart-6f3252f9.zip", MEMBER,
            "ceb11c07298f95c50d7c5abeb906d03340c85f23aa79e3e66966e7fb6c307250",
        ),
        box_ap=47.7, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "yolox_s_humanart", "onnx", "yolox 640",
        ZipWeights(
            ONNX_SDK + "yolox_s_8xb8-300e_humanart-3ef259a7.zip", MEMBER,
            "332e09ea9696e3401049b6c5314851db020b6430f85da159e65f37034ab3aee8",
        ),
        box_ap=54.6, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "yolox_m_humanart", "onnx", "yolox 640",
        ZipWeights(
            ONNX_SDK + "yolox_m_8xb8-300e_humanart-c2c7a14a.zip", MEMBER,
            "3dea6513388889f0fff4b77bf7a26013600321b9eb9ceb0e9a400a82572f5f23",
        ),
        box_ap=59.1, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "yolox_l_humanart", "onnx", "yolox 640",
        ZipWeights(
            ONNX_SDK + "yolox_l_8xb8-300e_humanart-ce1d7a62.zip", MEMBER,
            "0e7a169bb6b2f439c318f727fd894b1405c30280baca676e6a5c7d1f8cb52876",
        ),
        box_ap=60.2, licence="Apache-2.0", num_classes=1,
    ),
    DetectorEntry(
        "yolox_x_humanart", "onnx", "yolox 640",
        ZipWeights(
            ONNX_SDK + "yolox_x_8xb8-300e_humanart-a39d44ed.zip", MEMBER,
            "8e9ea96a176bd48501eaaa77216e49ee30794d2f8ba80c7b9862beca4ea972da",
        ),
        box_ap=61.3, licence="Apache-2.0", num_classes=1,
    ),
)
# fmt: on
