"""UMT's ViT-B/16 (Unmasked Teacher), scoring the 80 AVA actions per actor.

The rules of its authors at test are options here: boxes are enlarged, a score is multiplied by
that of the person's box, and frames are completed to whole patches.
"""

from stad.models.action_detector import ActionDetector
from stad.models.backbones.video_vit import VideoViT
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor

model = dict(
    type=ActionDetector,
    backbone=dict(
        type=VideoViT,
        num_frames=8,
        tubelet_frames=1,
        positions="sine",
        border="pad",
        drop_path=0.2,
    ),
    roi_head=dict(
        type=RoIHead,
        in_channels=768,
        num_classes=80,
        roi_size=7,
        aligned=False,
        enlarge=(0.1, 0.05),
        dropout=0,
    ),
    data_preprocessor=dict(
        type=ClipPreprocessor,
        mean=[122.7717, 115.9465, 102.9801],
        std=[57.375, 57.375, 57.375],
    ),
    times_person_score=True,
)
