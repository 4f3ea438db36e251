"""The registries of stad: children of mmengine's root registries, so that configs of both mix."""

from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry, root

# The modules that register something: they are imported when a name is first looked up.
MODEL_MODULES = [
    "stad.models.action_detector",
    "stad.models.actor_crops",
    "stad.models.backbones.blazepose",
    "stad.models.backbones.c3d",
    "stad.models.backbones.frame_resnet",
    "stad.models.backbones.i3d",
    "stad.models.backbones.resnet3d",
    "stad.models.backbones.slowfast",
    "stad.models.backbones.timesformer",
    "stad.models.backbones.torchvision_video",
    "stad.models.heads.acrn",
    "stad.models.heads.clip_head",
    "stad.models.heads.lstm_head",
    "stad.models.heads.roi_head",
    "stad.models.heads.skeleton_head",
    "stad.models.losses",
    "stad.models.mixing",
    "stad.models.preprocessor",
    "stad.models.recognizer",
    "stad.models.two_stream",
]

MODELS = Registry("model", parent=MMENGINE_MODELS, scope="stad", locations=MODEL_MODULES)
DATASETS = Registry(
    "dataset",
    parent=MMENGINE_DATASETS,
    scope="stad",
    locations=["stad.datasets.ava", "stad.datasets.videos", "stad.datasets.keypoints"],
)
TRANSFORMS = Registry(
    "transform",
    parent=MMENGINE_TRANSFORMS,
    scope="stad",
    locations=["stad.datasets.transforms.recognition", "stad.datasets.transforms.detection"],
)
METRICS = Registry(
    "metric",
    parent=MMENGINE_METRICS,
    scope="stad",
    locations=["stad.engine.ava_metric", "stad.engine.classification_metric"],
)

# Without a child of this scope mmengine warns, once for every kind of thing that a run builds.
OTHERS = [
    Registry(one.name, parent=one, scope="stad")
    for one in vars(root).values()
    if isinstance(one, Registry) and "stad" not in one.children
]
