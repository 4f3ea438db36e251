"""Records of frame features, such as those of YouTube-8M: read, indexed, written, and batched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.records.dataset import RecordDataset, collate_records
    from stad.datasets.records.features import (
        FrameRecord,
        RecordWriter,
        Segment,
        VideoRecord,
        decode,
        dequantise,
        encode,
        quantise,
    )
    from stad.datasets.records.index import RecordIndex, build_index
    from stad.datasets.records.shard_sampler import ShardSampler
    from stad.datasets.records.tfrecord import Fault, TFRecordWriter, read_records

__all__ = [
    "Fault",
    "FrameRecord",
    "RecordDataset",
    "RecordIndex",
    "RecordWriter",
    "Segment",
    "ShardSampler",
    "TFRecordWriter",
    "VideoRecord",
    "build_index",
    "collate_records",
    "decode",
    "dequantise",
    "encode",
    "quantise",
    "read_records",
]

_MODULES = {
    "Fault": "tfrecord",
    "FrameRecord": "features",
    "RecordDataset": "dataset",
    "RecordIndex": "index",
    "RecordWriter": "features",
    "Segment": "features",
    "ShardSampler": "shard_sampler",
    "TFRecordWriter": "tfrecord",
    "VideoRecord": "features",
    "build_index": "index",
    "collate_records": "dataset",
    "decode": "features",
    "dequantise": "features",
    "encode": "features",
    "quantise": "features",
    "read_records": "tfrecord",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
