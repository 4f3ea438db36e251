"""A ViT that trains on a CPU: 4 layers of 128 channels, tubelets of 8 frames of 8x8 pixels."""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.video_vit import VideoViT
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(
        type=VideoViT,
        num_frames=32,
        image_size_px=80,
        tubelet_frames=8,
        patch_size_px=8,
        embed_dims=128,
        num_heads=4,
        num_layers=4,
        # Without convolutions it learns nearly nothing from so few clips.
        stem_channels=(16, 32, 64),
        positions="sine",
    ),
    roi_head=dict(
        type=RoIHead,
        in_channels=128,
        num_classes=11,
        feature_stride=8,
        roi_size=4,
        spatial_pool="avg",
        dropout=0.1,
    ),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
)
