"""NeXtVLAD for made-up records: 20 labels, 32 clusters in 4 groups."""

from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.video_tagger import VideoTagger

model = dict(
    type=VideoTagger,
    modalities=[
        dict(
            name="rgb",
            channels=128,
            aggregator=dict(type=NeXtVLAD, clusters=32, groups=4, expansion=2),
        ),
        dict(
            name="audio",
            channels=32,
            aggregator=dict(type=NeXtVLAD, clusters=16, groups=2, expansion=2),
        ),
    ],
    hidden=256,
    gating_reduction=8,
    dropout=0.5,
    # A run has hundreds of steps, not tens of thousands.
    norm_momentum=0.1,
    head=dict(type=LogisticTagHead, num_classes=20, l2_penalty=1e-5),
)
