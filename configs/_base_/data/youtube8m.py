"""YouTube-8M: 3862 labels; frame-level records, up to 300 seconds of 1024 RGB and 128 audio values.

tools/prepare_youtube8m.py says how to get the shards and checks them.
"""

from stad.datasets.records.dataset import RecordDataset, collate_records
from stad.datasets.records.shard_sampler import ShardSampler
from stad.engine.tagging_metric import TaggingMetric

dataset = dict(
    type=RecordDataset,
    modalities=[dict(name="rgb", channels=1024), dict(name="audio", channels=128)],
    label_map="youtube8m",
    max_frames=300,
)
train_dataloader = dict(
    # Of each process: half of it with two.
    batch_size=160,
    num_workers=2,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type=ShardSampler, shuffle=True),
    collate_fn=dict(type=collate_records),
    dataset=dict(**dataset, records="data/youtube8m/frame/train*.tfrecord"),
)
val_dataloader = dict(
    batch_size=160,
    num_workers=2,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type=ShardSampler, shuffle=False, pad=False),
    collate_fn=dict(type=collate_records),
    dataset=dict(**dataset, records="data/youtube8m/frame/validate*.tfrecord"),
)
val_evaluator = dict(type=TaggingMetric)
