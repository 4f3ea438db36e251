"""A fold of the posture data set, from training with the shipped config to its confusion."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.poses import POSTURES, measure_fold
from stad.annotations import label_maps
from stad.datasets.keypoint_file import ARRAYS
from tests.stick_figures import box_of, in_picture, lying, map_of, sitting, standing
from tests.videos import write_video

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_skeletons.py")
NAMES = label_maps.class_names("poses")
FIGURES = {"stand": standing(), "sit": sitting(), "lie/sleep": lying(standing())}
SIDE_PX = 320


def person(pose, rng):
    """Keypoints, regions and tracks of a trembling person, over 3 frames."""
    shake = torch.from_numpy(rng.normal(0, 0.02, (3, *pose.shape)).astype(np.float32))
    metric = pose * rng.uniform(0.9, 1.1) + shake
    flat = torch.stack([in_picture(one) for one in metric])
    tracks = torch.stack([box_of(one) for one in flat])
    middle = (tracks[:, :2] + tracks[:, 2:]) / 2
    regions = torch.cat((middle - 100, middle + 100), dim=1)
    return map_of(flat, metric, regions), regions, tracks


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """48 actors to learn from and 12 to be tested on, with keypoints of all."""
    folder = tmp_path_factory.mktemp("poses")
    rng = np.random.default_rng(0)
    arrays, rows = {key: [] for key in ARRAYS}, {"known": [], "unknown": []}
    for number in range(60):
        name = list(FIGURES)[number % 3]
        split = "known" if number < 48 else "unknown"
        values = (*person(FIGURES[name], rng), split, number / 4, 1, 0)
        for key, value in zip(ARRAYS, values, strict=True):
            arrays[key].append(value)
        class_id = NAMES.index(name) + 1
        rows[split].append(f"{split},{number / 4},0.1,0.1,0.5,0.9,{class_id},1")
    np.savez(folder / "keypoints.npz", **{key: np.stack(one) for key, one in arrays.items()})
    for split, lines in rows.items():
        (folder / f"{split}.csv").write_text("\n".join(lines) + "\n")
    # What is validated on; training opens it, though it never comes to that.
    (folder / "second_half.csv").write_text("video,1,0,0,1,1,1,1\n")
    (folder / "videos").mkdir()
    write_video(folder / "videos" / "video.mp4", size=(64, 48))
    return folder


def test_a_fold_is_trained_and_tested_on_what_it_did_not_see(folder, tmp_path):
    fold = measure_fold(CONFIG, folder, tmp_path, ("others", "known", "unknown"), still=False)
    expected = [
        [4 if name == other and name in FIGURES else 0 for other in POSTURES] for name in POSTURES
    ]
    assert fold.name == "others"
    assert fold.confusion.tolist() == expected
    assert fold.accuracy == 1.0
    # Each of three postures is as common as another.
    assert fold.guess == pytest.approx(1 / 3)
