"""Recognizers from a config: trained, evaluated on one view or many, and stopped in time."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stad.engine.checkpoints import LAST, best_checkpoint
from stad.engine.run import RunOptions, evaluate, train
from stad.errors import InputError
from tests.datasets.tiny_ava import CONFIG as AVA_CONFIG
from tests.datasets.tiny_ava import changes_for as ava_changes_for
from tests.datasets.tiny_ava import write_tiny_ava
from tests.datasets.tiny_videos import CLASSES, CONFIG, changes_for, write_tiny_videos

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_videos(tmp_path_factory.mktemp("data") / "tiny")


def options(data, work_dir, **changes):
    return RunOptions(
        CONFIG,
        work_dir=work_dir,
        changes={**changes_for(data), "train_cfg.max_epochs": 1, **changes},
    )


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """The work folder of a run of one epoch, and its log."""
    folder = tmp_path_factory.mktemp("run") / "work"
    train(options(data, folder))
    (log,) = folder.glob("*/*.log")
    return folder, log.read_text()


def test_a_run_leaves_the_best_checkpoint_and_logs(trained):
    folder, log = trained
    assert (folder / LAST).read_text() == str(folder / "epoch_1.pth")
    best, value = best_checkpoint(folder)
    assert f"top1 {value:.4f}" in log
    assert "deprecated" not in log
    torch.load(best, weights_only=True, map_location="cpu")["state_dict"]
    rows = log[log.index("top-1 accuracy per class") :].splitlines()
    assert {" ".join(row.split()[:2]) for row in rows[2:6]} == set(CLASSES)
    (events,) = folder.glob("*/vis_data/events.*")
    reader = EventAccumulator(str(events.parent)).Reload()
    tags = set(reader.Tags()["scalars"])
    assert {"loss", "lr", "top1", "top5", "mean_class", "accuracy/red left"} <= tags


def test_evaluating_gives_the_accuracy_of_training(data, trained, tmp_path):
    path, value = best_checkpoint(trained[0])
    found = evaluate(options(data, tmp_path), path)
    assert found["top1"] == pytest.approx(value, abs=1e-6)
    assert (found["top5"], found["videos"]) == (1.0, 8)
    # Balanced classes: the mean over classes is the mean over videos.
    assert found["mean_class"] == pytest.approx(found["top1"])


def test_views_are_averaged_over_clips_and_crops(data, trained, tmp_path):
    path, _ = best_checkpoint(trained[0])
    out = {}
    for views in ("1x1", "2x3", "1x10"):
        file = tmp_path / f"{views}.csv"
        found = evaluate(
            options(data, tmp_path, **{"val_evaluator.out": str(file)}), path, views=views
        )
        assert found["videos"] == 8
        out[views] = file.read_text().splitlines()
    assert len(out["2x3"]) == 9
    assert out["1x1"] != out["2x3"] != out["1x10"]


def test_several_epochs_learn(data, tmp_path):
    """Red from blue at least: far better than the one in four of a guess."""
    changes = {
        "train_cfg.max_epochs": 16,
        "train_cfg.val_interval": 16,
        "model.backbone.norm_eval": False,
        "model.head.dropout": 0.0,
    }
    train(options(data, tmp_path / "work", **changes))
    assert best_checkpoint(tmp_path / "work")[1] >= 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.head.num_classes": 5}, r"5 outputs, but .*labels\.txt' names 4 classes"),
        ({"train_dataloader.dataset.annotations": "none.txt"}, r"none\.txt.*prepare_kinetics"),
        ({"train_dataloader.dataset.videos": "none"}, r"none \(a folder\)"),
        ({"val_dataloader.dataset.label_map": "none.txt"}, r"none\.txt"),
        ({"val_dataloader.dataset.label_map": "kinetics600"}, "no list of classes 'kinetics600'"),
        ({"model.backbone.dept": 18}, "unexpected keyword argument 'dept'. Check the names"),
        ({"train_dataloader.datset.annotations": "a"}, "unexpected keyword argument 'datset'"),
        ({"train_dataloader.dataset.sampling": "sparse"}, "sampling must be one of dense"),
    ],
)
def test_a_run_that_cannot_work_stops_before_training(data, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        train(options(data, tmp_path / "work", **changes))
    assert not list((tmp_path / "work").glob("*.pth"))


def test_classes_in_another_order_stop_the_run(data, tmp_path):
    (tmp_path / "turned.txt").write_text("\n".join(reversed(CLASSES)) + "\n")
    changes = {"val_dataloader.dataset.label_map": str(tmp_path / "turned.txt")}
    with pytest.raises(InputError, match=r"line 1 is 'red left' in .* and 'blue right' in"):
        train(options(data, tmp_path / "work", **changes))


def test_a_label_map_may_lie_where_the_run_is_started(data, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(data)
    changes = {"val_dataloader.dataset.label_map": "labels.txt"}
    path, value = best_checkpoint(trained[0])
    found = evaluate(options(data, tmp_path, **changes), path)
    assert found["top1"] == pytest.approx(value, abs=1e-6)


def test_an_output_that_cannot_be_written_stops_before_the_evaluation(data, trained, tmp_path):
    path, _ = best_checkpoint(trained[0])
    changes = {"val_evaluator.out": str(tmp_path / "none" / "a.csv")}
    with pytest.raises(InputError, match=r"--out: the folder .*none does not exist"):
        evaluate(options(data, tmp_path, **changes), path)


def test_a_run_goes_on_in_a_folder_that_was_moved(data, trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "moved")
    changes = options(data, tmp_path / "moved", **{"train_cfg.max_epochs": 2})
    train(replace(changes, resume=True))
    assert (tmp_path / "moved" / LAST).read_text() == str(tmp_path / "moved" / "epoch_2.pth")
    assert not (trained[0] / "epoch_2.pth").exists()


def test_a_run_does_not_write_over_another(data, trained):
    with pytest.raises(InputError, match="--resume"):
        train(options(data, trained[0]))


def test_what_is_for_detectors_or_for_recognizers_alone(data, trained, tmp_path):
    path, _ = best_checkpoint(trained[0])
    with pytest.raises(InputError, match="--report shows actors"):
        evaluate(options(data, tmp_path), path, report=tmp_path / "report")
    with pytest.raises(InputError, match="CLIPSxCROPS"):
        evaluate(options(data, tmp_path), path, views="3")
    ava = write_tiny_ava(tmp_path / "ava", num_videos=1)
    with pytest.raises(InputError, match="--views is for recognizers"):
        evaluate(RunOptions(AVA_CONFIG, changes=ava_changes_for(ava)), path, views="1x1")


def test_kinetics_that_is_not_there_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        train(RunOptions(ROOT / "configs" / "tsn_kinetics.py"))
    for name in ("kinetics400/train.txt", "kinetics400/val.txt", "tools/prepare_kinetics.py"):
        assert name in str(caught.value)


# Whole runs of the script, in processes of their own.


def command(data, work_dir, *, processes=1, arguments=(), **changes):
    given = [f"{key}={value}" for key, value in {**changes_for(data), **changes}.items()]
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
        arguments = (*arguments, "--launcher", "pytorch")
    script = [str(ROOT / "tools" / "train.py"), str(CONFIG), "--work-dir", str(work_dir)]
    return [*start, *script, *arguments, "--cfg-options", *given]


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}


def run(arguments):
    done = subprocess.run(arguments, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def weights(path):
    return torch.load(path, weights_only=True, map_location="cpu")["state_dict"]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_as_an_unbroken_one(data, tmp_path):
    changes = {"model.mixup.type": "Mixup"}
    run(command(data, tmp_path / "whole", **changes))
    broken = tmp_path / "broken"
    process = subprocess.Popen(
        command(data, broken, **changes), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if "Epoch(train) [2][1/2]" in line:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    run(command(data, broken, arguments=["--resume"], **changes))
    whole, resumed = weights(tmp_path / "whole" / "epoch_3.pth"), weights(broken / "epoch_3.pth")
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


@pytest.mark.slow
def test_two_processes_are_one_with_the_same_total_batch(data, tmp_path):
    # An odd number of views to evaluate, and a sampler that repeats one of them.
    odd = (data / "list.txt").read_text().splitlines()[:7]
    (tmp_path / "odd.txt").write_text("\n".join(odd) + "\n")
    changes = {
        "model.head.dropout": 0.0,
        "train_cfg.max_epochs": 2,
        "val_dataloader.dataset.annotations": str(tmp_path / "odd.txt"),
        "val_dataloader.sampler.pad": True,
    }
    logs = {
        count: run(
            command(
                data,
                tmp_path / str(count),
                processes=count,
                **{**changes, "train_dataloader.batch_size": 4 // count},
            )
        )
        for count in (1, 2)
    }
    one, two = (weights(tmp_path / str(count) / "epoch_2.pth") for count in (1, 2))
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=1e-4, atol=1e-6, msg=key)
    for count, log in logs.items():
        assert "videos: 7" in log, count


@pytest.mark.slow
def test_the_test_script_prints_one_line_of_json(data, trained, tmp_path):
    path, value = best_checkpoint(trained[0])
    given = [f"{key}={text}" for key, text in changes_for(data).items()]
    script = [sys.executable, str(ROOT / "tools" / "test.py"), str(CONFIG), str(path)]
    script += ["--work-dir", str(tmp_path), "--views", "1x1", "--cfg-options", *given]
    found = json.loads(run(script).splitlines()[-1])
    assert found["top1"] == pytest.approx(value, abs=1e-6)
    assert set(found) == {"top1", "top5", "mean_class", "videos"}
