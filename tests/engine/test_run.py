"""Training from a config: what is written, what stops before training, and broken-off runs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from stad.cli.main import stad_main
from stad.engine.checkpoints import LAST, VALIDATED, best_checkpoint
from stad.engine.run import RunOptions, evaluate, train
from stad.errors import InputError, run_script
from tests.datasets.tiny_ava import CONFIG, changes_for, write_tiny_ava

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny")


def options(data, work_dir, **changes):
    standard = {"train_cfg.max_epochs": 1, "default_hooks.logger.interval": 1}
    return RunOptions(
        CONFIG, work_dir=work_dir, changes={**changes_for(data), **standard, **changes}
    )


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """The work folder of a run of one epoch, and its log."""
    folder = tmp_path_factory.mktemp("run") / "work"
    train(options(data, folder))
    (log,) = folder.glob("*/*.log")
    return folder, log.read_text()


def test_a_run_leaves_checkpoints_and_logs(trained):
    folder, log = trained
    assert (folder / LAST).read_text() == str(folder / "epoch_1.pth")
    assert (folder / VALIDATED).read_text() == "1"
    best, value = best_checkpoint(folder)
    assert f"mAP {value:.4f}" in log
    # Nothing in a checkpoint needs to be unpickled beyond tensors and arrays.
    torch.load(best, weights_only=True, map_location="cpu")["state_dict"]
    rows = log[log.index("average precision per class") :].splitlines()
    assert {row.split()[0] for row in rows[2:5]} == {"red", "left", "right"}


def test_tensorboard_has_the_loss_and_each_class(trained):
    folder, _ = trained
    (events,) = folder.glob("*/vis_data/events.*")
    reader = EventAccumulator(str(events.parent))
    reader.Reload()
    tags = set(reader.Tags()["scalars"])
    assert {"loss", "lr", "mAP", "AP/red", "AP/left", "AP/right"} <= tags
    assert reader.Scalars("mAP")[0].value == pytest.approx(best_checkpoint(folder)[1], abs=1e-6)


def test_evaluating_the_checkpoint_gives_the_mean_of_training(data, trained, tmp_path):
    folder, _ = trained
    path, value = best_checkpoint(folder)
    found = evaluate(options(data, tmp_path), path)
    assert found == {"mAP": pytest.approx(value, abs=1e-6), "keyframes": 8}
    # The state to resume from holds the same weights.
    assert evaluate(options(data, tmp_path), folder / "epoch_1.pth") == found


def test_a_report_shows_the_evaluation_with_pictures(data, trained, tmp_path):
    path, value = best_checkpoint(trained[0])
    evaluate(options(data, tmp_path / "work"), path, report=tmp_path / "report")
    summary = json.loads((tmp_path / "report" / "report.json").read_text())
    assert str(round(value, 4))[:5] in json.dumps(summary)
    assert "data:image/jpeg" in (tmp_path / "report" / "report.html").read_text()


def test_a_run_does_not_write_over_another(data, trained):
    with pytest.raises(InputError, match="--resume"):
        train(options(data, trained[0]))


@pytest.mark.parametrize("command", ["train", "test"])
@pytest.mark.parametrize("work_dir", ["in.mp4", "in.mp4/work", "dangling"])
def test_a_work_dir_that_is_a_file(command, work_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.mp4").write_text("mine")
    (tmp_path / "dangling").symlink_to("none")
    with pytest.raises(SystemExit) as stopped:
        run_script(lambda: stad_main([command, str(CONFIG), "--work-dir", work_dir]))
    assert stopped.value.code == 2
    assert capsys.readouterr().err == (
        f"error: --work-dir: {work_dir.partition('/')[0]} is not a folder. Give the name of a "
        "folder, or of a new one.\n"
    )
    assert (tmp_path / "in.mp4").read_text() == "mine"


def test_start_weights_of_another_network_stop_the_run(data, tmp_path):
    torch.save({"state_dict": {"conv.weight": torch.zeros(1)}}, tmp_path / "other.pth")
    changes = {"start_from": str(tmp_path / "other.pth")}
    with pytest.raises(InputError, match="another network"):
        train(options(data, tmp_path / "work", **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.roi_head.num_classes": 5}, r"5 outputs, but .*labels\.txt' names 3 classes"),
        ({"model.roi_head.multilabel": False}, r"multilabel is False.* has 2"),
        ({"train_dataloader.dataset.annotations": "none.csv"}, r"none\.csv.*prepare_ava"),
        ({"train_dataloader.dataset.label_map": "none.txt"}, r"none\.txt"),
    ],
)
def test_a_run_that_cannot_work_stops_before_training(data, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        train(options(data, tmp_path / "work", **changes))
    assert not list((tmp_path / "work").glob("*.pth"))


def test_a_run_without_positives_or_videos_stops(data, tmp_path):
    (tmp_path / "empty.csv").write_text("scene0,0.5\n")
    key = "train_dataloader.dataset"
    with pytest.raises(InputError, match="Nothing to learn from"):
        train(options(data, tmp_path / "a", **{f"{key}.annotations": str(tmp_path / "empty.csv")}))
    with pytest.raises(InputError, match="None of the 4 videos"):
        train(options(data, tmp_path / "b", **{f"{key}.videos": str(tmp_path)}))


def test_a_config_without_training_and_a_missing_one_are_told(tmp_path):
    with pytest.raises(InputError, match="does not define train_cfg, optim_wrapper"):
        train(RunOptions(ROOT / "configs" / "i3d_roi_kinetics.py"))
    with pytest.raises(InputError, match="no such config"):
        train(RunOptions("none.py"))


def test_ava_that_is_not_there_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        train(RunOptions(ROOT / "configs" / "slowfast_ava.py"))
    message = str(caught.value)
    for name in ("ava_train_v2.1.csv", "ava_val_v2.1.csv", "data/ava/videos", "recall_93.9.pkl"):
        assert name in message
    assert "tools/prepare_ava.py" in message


# Whole runs of the script, in processes of their own.

SLOW = {"train_cfg.max_epochs": 3, "train_dataloader.num_workers": 2}
SLOW |= {"train_dataloader.persistent_workers": True}
EXACT = {"model.roi_head.dropout": 0.0, "train_cfg.max_epochs": 2}


def command(data, work_dir, changes, *, processes=1, arguments=()):
    given = [f"{key}={value}" for key, value in {**changes_for(data), **changes}.items()]
    start = [sys.executable]
    if processes > 1:
        start += ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
        arguments = (*arguments, "--launcher", "pytorch")
    script = [str(ROOT / "tools" / "train.py"), str(CONFIG), "--work-dir", str(work_dir)]
    return [*start, *script, *arguments, "--cfg-options", *given]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}


def run(*args, **options):
    done = subprocess.run(
        command(*args, **options), env=environment(), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def last_metrics(work_dir):
    """Of the last evaluation in the last of the logs."""
    log = sorted(work_dir.glob("*/vis_data/scalars.json"))[-1]
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return {
        key: value
        for row in rows
        if "mAP" in row or "AP/red" in row
        for key, value in row.items()
        if key.startswith(("mAP", "AP", "keyframes"))
    }


def weights(path):
    return torch.load(path, weights_only=True, map_location="cpu")["state_dict"]


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_as_an_unbroken_one(data, tmp_path):
    run(data, tmp_path / "whole", SLOW)
    broken = tmp_path / "broken"
    process = subprocess.Popen(
        command(data, broken, SLOW), env=environment(), stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if "Epoch(train) [2][1/2]" in line:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    assert (broken / LAST).read_text() == str(broken / "epoch_1.pth")
    assert not (broken / "epoch_2.pth").exists()
    # As if it had been killed during the evaluation, too: that is made up for.
    (broken / VALIDATED).unlink()
    run(data, broken, SLOW, arguments=["--resume"])
    assert last_metrics(broken) == last_metrics(tmp_path / "whole")
    assert best_checkpoint(broken)[0].name == best_checkpoint(tmp_path / "whole")[0].name
    whole, resumed = weights(tmp_path / "whole" / "epoch_3.pth"), weights(broken / "epoch_3.pth")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


@pytest.mark.slow
def test_two_processes_are_one_with_the_same_total_batch(data, tmp_path):
    # An odd number of keyframes to evaluate, and a sampler that repeats one of them.
    lines = (data / "labels.csv").read_text().splitlines()
    odd = [line for line in lines if not line.startswith("scene3,1.0")]
    (tmp_path / "odd.csv").write_text("\n".join(odd) + "\n")
    changes = {**EXACT, "val_dataloader.dataset.annotations": str(tmp_path / "odd.csv")}
    changes["val_dataloader.sampler.pad"] = True
    run(data, tmp_path / "one", {**changes, "train_dataloader.batch_size": 4})
    run(data, tmp_path / "two", {**changes, "train_dataloader.batch_size": 2}, processes=2)
    one, two = weights(tmp_path / "one" / "epoch_2.pth"), weights(tmp_path / "two" / "epoch_2.pth")
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=1e-4, atol=1e-6, msg=key)
    first, second = last_metrics(tmp_path / "one"), last_metrics(tmp_path / "two")
    assert first["keyframes"] == second["keyframes"] == 7
    assert second["mAP"] == pytest.approx(first["mAP"], abs=1e-6)
