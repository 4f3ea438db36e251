"""List the models that stad knows by name, and where their published weights are."""

from __future__ import annotations

from stad.zoo.ava_models import AVA_MODELS
from stad.zoo.entries import AVA_THRESHOLD, DetectorEntry, ModelEntry
from stad.zoo.kinetics_models import KINETICS_MODELS
from stad.zoo.multisports_models import MULTISPORTS_MODELS
from stad.zoo.person_detectors import DETECTORS
from stad.zoo.taggers import TAGGERS
from stad.zoo.vit_models import VIT_AVA_MODELS, VIT_KINETICS_MODELS
from stad.zoo.weights import PackageWeights, ShippedWeights

__all__ = ["BLAZEPOSE", "DETECTORS", "MODELS", "DetectorEntry", "ModelEntry"]

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
SKELETON_POSES = ModelEntry(
    "skeleton_poses", "detect", "skeleton_poses.py",
    ShippedWeights(
        "skeleton_poses.safetensors",
        "b629d2581647d6e8b908ad30f00cd65c23a125a8a907dde5e3e9da3f13e19625",
    ),
    licence="Apache-2.0", trained_on="skeletons and 4 minutes of video (docs/skeleton_poses.md)",
    metric="", score_threshold=AVA_THRESHOLD, needs=(BLAZEPOSE,), stride_sec=0.4,
)
# fmt: on

MODELS: tuple[ModelEntry, ...] = (
    *AVA_MODELS,
    *VIT_AVA_MODELS,
    *MULTISPORTS_MODELS,
    SKELETON_POSES,
    *KINETICS_MODELS,
    *VIT_KINETICS_MODELS,
    *TAGGERS,
)
