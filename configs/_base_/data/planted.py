"""Made-up records: 20 labels, each in a few of 30 to 60 frames of 128 RGB and 32 audio values.

tools/make_planted_records.py makes them in 3 seconds.
"""

from stad.datasets.records.dataset import RecordDataset, collate_records
from stad.datasets.records.shard_sampler import ShardSampler
from stad.engine.tagging_metric import TaggingMetric

dataset = dict(
    type=RecordDataset,
    modalities=[dict(name="rgb", channels=128), dict(name="audio", channels=32)],
    label_map="planted",
)
train_dataloader = dict(
    # Of each process: half of it with two. Reading is too quick to need processes of its own.
    batch_size=80,
    num_workers=0,
    sampler=dict(type=ShardSampler, shuffle=True),
    collate_fn=dict(type=collate_records),
    dataset=dict(**dataset, records="data/planted/train*.tfrecord"),
)
val_dataloader = dict(
    batch_size=80,
    num_workers=0,
    sampler=dict(type=ShardSampler, shuffle=False, pad=False),
    collate_fn=dict(type=collate_records),
    dataset=dict(**dataset, records="data/planted/val*.tfrecord"),
)
val_evaluator = dict(type=TaggingMetric)
