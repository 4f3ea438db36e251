"""The benchmark of the pipeline: its stages add up."""

import pytest
from mmengine.config import Config

from benchmarks import reading as benchmark
from stad.datasets.ava import collate_clips
from stad.errors import InputError
from tests.datasets.tiny_ava import CONFIG
from tests.models.configs import read_config
from tests.videos import write_video


def test_stages_add_up():
    times = benchmark.PipelineTimes(decode=0.1, augment=0.02, collate=0.01, plain=0.104)
    assert times.pipeline == pytest.approx(0.13)
    assert times.slowdown == pytest.approx(0.25)


def test_a_training_step_takes_its_time(tmp_path):
    video = write_video(tmp_path / "a.mp4", num_frames=75, fps=15)
    config = Config.fromfile(CONFIG)
    changes = benchmark.annotate_video(config, video, tmp_path)
    (tmp_path / "labels.txt").write_text("a\nb\nc\n")
    changes["label_map"] = str(tmp_path / "labels.txt")
    dataset, window = benchmark.build_dataset(config, changes)
    assert len(dataset) == 4
    assert window.num_frames == 4
    batch = collate_clips([dataset[0], dataset[1]])
    assert benchmark.time_training_step(config, batch, steps=1, device="cpu") > 0
    assert benchmark.shape_of_videos(dataset) == "h264 160x120"


def test_a_video_that_is_too_short_is_refused(tmp_path):
    video = write_video(tmp_path / "a.mp4", num_frames=10)
    with pytest.raises(InputError, match="shorter than 2 s"):
        benchmark.annotate_video(Config.fromfile(CONFIG), video, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slowfast_ava", "slowfast_kinetics"])
def test_every_stage_is_timed(tmp_path, name):
    """How long they take is for the script to say, on a machine that does nothing else."""
    video = write_video(tmp_path / "a.mp4", num_frames=90, fps=30, size=(320, 240))
    config = read_config(name)
    changes = benchmark.annotate_video(config, video, tmp_path)
    dataset, _ = benchmark.build_dataset(config, changes)
    source = dataset.source
    collate = config.train_dataloader.collate_fn.type
    for times in benchmark.time_pipeline(dataset, collate, num_clips=4, batch_size=2):
        assert min(times) > 0
        assert times.pipeline == pytest.approx(times.decode + times.augment + times.collate)
    assert dataset.source is source
