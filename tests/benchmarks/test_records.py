from __future__ import annotations

from mmengine.config import Config

from benchmarks import records as benchmark
from stad.datasets.records.dataset import RecordDataset
from tests.models.configs import CONFIGS

MODALITIES = [{"name": name, "channels": count} for name, count in benchmark.CHANNELS.items()]


def test_readers_read_the_same_records(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "FRAMES", (2, 5))
    monkeypatch.setattr(benchmark, "SHARD_RECORDS", 4)
    pattern = benchmark.write_records(tmp_path, 10)
    assert len(list(tmp_path.glob("train*.tfrecord"))) == 3
    dataset = RecordDataset(pattern, modalities=MODALITIES, label_map="youtube8m")
    assert len(dataset[9]["data_samples"].label.nonzero()) == benchmark.LABELS
    plain = benchmark.time_plain_loop(pattern)
    loaded = benchmark.time_loader(dataset, batch=4, workers=0)
    assert plain.records == loaded.records == 10
    assert benchmark.Speed(10, 4.0).per_sec == 2.5


def test_steps_are_timed_with_and_without_reading(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "FRAMES", (2, 5))
    pattern = benchmark.write_records(tmp_path, 6)
    dataset = RecordDataset(pattern, modalities=MODALITIES, label_map="youtube8m")
    config = Config.fromfile(CONFIGS / "mean_pooling_youtube8m.py")
    times = benchmark.time_training(config, dataset, batch=2, workers=0, steps=2)
    assert 0 < times.waiting < times.reading
    assert times.alone > 0
