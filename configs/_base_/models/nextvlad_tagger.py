"""NeXtVLAD over RGB and audio features, scoring YouTube-8M's 3862 labels: 88,889,378 parameters."""

from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.video_tagger import VideoTagger

model = dict(
    type=VideoTagger,
    modalities=[
        dict(
            name="rgb",
            channels=1024,
            # The whitening of the features is reversed.
            eigenvalues="youtube8m",
            aggregator=dict(type=NeXtVLAD, clusters=128, groups=8, expansion=2),
        ),
        dict(
            name="audio",
            channels=128,
            aggregator=dict(type=NeXtVLAD, clusters=64, groups=4, expansion=2),
        ),
    ],
    hidden=2048,
    gating_reduction=8,
    dropout=0.5,
    head=dict(type=LogisticTagHead, num_classes=3862, l2_penalty=1e-5),
)
