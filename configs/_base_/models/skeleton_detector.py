"""BlazePose on each actor's crop, and a small network over posture and motion."""

from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops
from stad.models.backbones.blazepose import BlazePose
from stad.models.heads.skeleton_head import SkeletonHead
from stad.models.losses import PostureLoss
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    # The network's 256 pixels are 1.25 sides of the box; a second look may need more around them.
    actor_crops=dict(type=ActorCrops, size_px=384, scale=1.875, steady=False),
    backbone=dict(type=BlazePose),
    roi_head=dict(type=SkeletonHead, num_classes=12, num_exclusive=8, interval_sec=0.4),
    loss=dict(type=PostureLoss, num_exclusive=8, label_smoothing=0.05),
    # [0, 255] becomes [-1, 1].
    data_preprocessor=dict(
        type=ClipPreprocessor, mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5]
    ),
)
