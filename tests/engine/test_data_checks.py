"""Data of a run that cannot be meant stops it before a model is built; what is doubtful is told."""

import pytest

from stad.engine.run import RunOptions, evaluate, train
from stad.errors import InputError
from tests.datasets.tiny_ava import CONFIG, changes_for, write_tiny_ava

# A model that cannot be built: whoever comes as far as that says something else.
NO_MODEL = {"model.backbone.depth": 99}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny")


def options(data, work_dir, **changes):
    # Loggers are known by their names and the second in which they began.
    standard = {"train_cfg.max_epochs": 1, "experiment_name": work_dir.parent.name}
    changes = {**changes_for(data), **standard, **changes}
    return RunOptions(CONFIG, work_dir=work_dir, changes=changes)


def edited(data, path, edit):
    """A copy of the annotations with each row's cells edited."""
    rows = [line.split(",") for line in (data / "labels.csv").read_text().splitlines()]
    path.write_text("\n".join(",".join(edit(row)) for row in rows) + "\n")
    return str(path)


def log_of(work_dir):
    (log,) = work_dir.glob("*/*.log")
    return log.read_text()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda row: [*row[:6], str(int(row[6]) - 1), row[7]], "count from 0"),
        (lambda row: [*row[:2], row[4], row[5], row[2], row[3], *row[6:]], "swapped corners"),
        (lambda row: [row[0], str(float(row[1]) + 900), *row[2:]], "start_sec to 900"),
    ],
)
@pytest.mark.parametrize("loader", ["train_dataloader", "val_dataloader"])
def test_a_run_stops_before_a_model_is_built(data, tmp_path, edit, said, loader):
    path = edited(data, tmp_path / "wrong.csv", edit)
    changes = {**NO_MODEL, f"{loader}.dataset.annotations": path}
    # Never read: the annotations are checked first.
    checkpoint = tmp_path / "any.pth"
    checkpoint.touch()
    with pytest.raises(InputError, match=said):
        train(options(data, tmp_path / "work", **changes))
    if loader == "val_dataloader":
        with pytest.raises(InputError, match=said):
            evaluate(options(data, tmp_path / "work", **changes), str(checkpoint))


def test_what_training_and_validation_share_is_told(data, tmp_path):
    train(options(data, tmp_path / "work"))
    assert "4 videos of the 4 of" in log_of(tmp_path / "work")
    assert "are also in training" in log_of(tmp_path / "work")


def test_shared_videos_are_known_in_another_spelling_and_others_are_counted(data, tmp_path):
    rows = (data / "labels.csv").read_text().splitlines()
    train_rows = [row for row in rows if row.startswith(("scene0", "scene1"))]
    val_rows = [row.replace(",", ".mp4,", 1) for row in rows[2:4]]
    (tmp_path / "train.csv").write_text("\n".join(train_rows) + "\n")
    (tmp_path / "val.csv").write_text("\n".join(val_rows) + "\n")
    changes = {
        f"{split}_dataloader.dataset.annotations": str(tmp_path / f"{split}.csv")
        for split in ("train", "val")
    }
    train(options(data, tmp_path / "work", **changes))
    log = log_of(tmp_path / "work")
    name = rows[2].partition(",")[0]
    assert "1 video of the 1 of" in log
    assert f"first: {name}.mp4" in log
    assert "2 videos beside them" in log


def test_classes_without_examples_are_told(data, tmp_path):
    rows = (data / "labels.csv").read_text().splitlines()
    kept = [row for row in rows if row.split(",")[6] != "2"]
    (tmp_path / "train.csv").write_text("\n".join(kept) + "\n")
    changes = {"train_dataloader.dataset.annotations": str(tmp_path / "train.csv")}
    train(options(data, tmp_path / "work", **changes))
    log = log_of(tmp_path / "work")
    assert "1 of 3 classes without an example for training: left" in log
    assert "1 class that" in log
    assert "has and training has not: left" in log
