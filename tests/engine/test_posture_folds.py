"""Training without one person, with the shipped config: that person's rows stay out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from stad.annotations import label_maps
from stad.datasets.keypoint_file import ARRAYS
from stad.datasets.keypoints import collate_skeletons
from stad.engine.posture_folds import HELD_OUT, TRAIN, paths_in, train_without
from stad.errors import InputError
from stad.registry import DATASETS, MODELS
from stad.zoo.loading import load_weights
from tests.stick_figures import box_of, in_picture, lying, map_of, sitting, standing
from tests.videos import write_video

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_skeletons.py")
NAMES = label_maps.class_names("poses")
FIGURES = {"stand": standing(), "sit": sitting(), "lie/sleep": lying(standing())}
SIDE_PX = 320


def person(pose, rng):
    """Keypoints, regions and tracks of a trembling person, over 5 frames."""
    shake = torch.from_numpy(rng.normal(0, 0.02, (5, *pose.shape)).astype(np.float32))
    metric = pose * rng.uniform(0.9, 1.1) + shake
    flat = torch.stack([in_picture(one) for one in metric])
    tracks = torch.stack([box_of(one) for one in flat])
    middle = (tracks[:, :2] + tracks[:, 2:]) / 2
    regions = torch.cat((middle - 100, middle + 100), dim=1)
    return map_of(flat, metric, regions), regions, tracks


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """48 actors of one person and 12 of another, with keypoints of all."""
    folder = tmp_path_factory.mktemp("poses")
    rng = np.random.default_rng(0)
    arrays, rows = {key: [] for key in ARRAYS}, []
    for number in range(60):
        name = list(FIGURES)[number % 3]
        video = "known" if number < 48 else "unknown"
        values = (*person(FIGURES[name], rng), video, number / 4, 1, 0)
        for key, value in zip(ARRAYS, values, strict=True):
            arrays[key].append(value)
        class_id = NAMES.index(name) + 1
        rows.append(f"{video},{number / 4},0.1,0.1,0.5,0.9,{class_id},1")
    np.savez(folder / "keypoints.npz", **{key: np.stack(one) for key, one in arrays.items()})
    (folder / "train.csv").write_text("\n".join(rows) + "\n")
    (folder / "videos").mkdir()
    for video in ("known", "unknown"):
        path = folder / "videos" / f"{video}.mp4"
        write_video(path, size=(64, 48), num_frames=17, fps=1)
    return folder


@pytest.fixture(scope="module")
def weights(folder, tmp_path_factory):
    work_dir = tmp_path_factory.mktemp("fold")
    return train_without({("unknown", "1")}, CONFIG, data=folder, work_dir=work_dir)


def test_weights_come_from_everybody_else(folder, weights):
    written = (weights.parent / TRAIN).read_text().splitlines()
    assert len(written) == 48
    assert all(row.startswith("known,") for row in written)
    assert len((weights.parent / HELD_OUT).read_text().splitlines()) == 12
    # They tell the postures of the person that they have not seen.
    config = Config.fromfile(CONFIG)
    changes = paths_in(
        folder,
        weights.parent / HELD_OUT,
        source=folder / "train.csv",
        held_out=folder / "train.csv",
    )
    config.merge_from_dict(changes)
    dataset = DATASETS.build({**config.train_dataloader.dataset, "only": [0]})
    model = MODELS.build(config.model)
    load_weights(model, weights)
    batch = collate_skeletons([dataset[index] for index in range(len(dataset))])
    with torch.inference_mode():
        scores = torch.cat(model.eval()(**batch, mode="tensor")).numpy()
    assert scores.argmax(axis=1).tolist() == np.stack(dataset.labels).argmax(axis=1).tolist()


def test_weights_that_are_there_are_used_again(folder, weights):
    again = train_without({("unknown", "1")}, "none.py", data=folder, work_dir=weights.parent)
    assert again == weights


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ({("known", "2")}, r"train.csv has no rows of the people \[\('known', '2'\)\]"),
        ({("known", "1"), ("unknown", "1")}, "has no rows of other people"),
    ],
)
def test_people_who_cannot_be_left_out(folder, tmp_path, people, message):
    with pytest.raises(InputError, match=message):
        train_without(people, CONFIG, data=folder, work_dir=tmp_path / "new")


def test_a_folder_without_boxes_cannot_be_learnt_from(tmp_path):
    with pytest.raises(InputError, match=r"has neither train.csv nor keyframes.csv"):
        train_without({("a", "1")}, CONFIG, data=tmp_path, work_dir=tmp_path / "new")
