"""A small UCF101-24 and JHMDB from the published files to video-mAP, as plain loops compute it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from stad.annotations.tubes import read_tube_annotations
from stad.cli.main import stad_main
from stad.engine.run import RunOptions, evaluate, train
from stad.engine.tube_metric import TubeMetric
from stad.errors import InputError
from stad.registry import MODELS
from stad.zoo.configs import read_config
from tests.datasets.tube_sets import FPS, SIZE, write_jhmdb, write_ucf
from tests.evaluation.plain_items import (
    act_ap,
    act_frame_ap,
    multisports_ap,
    multisports_frame_ap,
    span_iou,
)
from tests.localization.plain_linking import link

CONFIG = Path(__file__).parents[1] / "data" / "tiny_tubes.py"
THRESHOLDS = (0.2, *np.linspace(0.5, 0.95, 10).tolist())
PLAIN = {
    "act": (act_frame_ap, act_ap, 1.0),
    "multisports": (multisports_frame_ap, multisports_ap, 0.0),
}


@pytest.fixture(scope="module", params=["ucf101_24", "jhmdb"])
def prepared(request, tmp_path_factory):
    """The folder, and what a run changes in the config."""
    raw = tmp_path_factory.mktemp("raw")
    folder = tmp_path_factory.mktemp("data") / request.param
    if request.param == "jhmdb":
        videos = write_jhmdb(raw) / "ReCompress_Videos"
        words = ["--annotations", raw]
    else:
        videos = write_ucf(raw) / "videos"
        words = ["--annotations", raw / "pyannot.pkl", "--test-list", raw / "testlist01.txt"]
    words = [folder, *words, "--videos", videos]
    stad_main(["prepare", request.param, *map(str, words)])
    lists = folder / "annotations"
    changes = {"val_evaluator.tubes": str(lists / "tubes.json")}
    for part, file in (("train", "train_1.csv"), ("val", "test_1.csv")):
        changes |= {
            f"{part}_dataloader.dataset.annotations": str(lists / file),
            f"{part}_dataloader.dataset.videos": str(videos),
            f"{part}_dataloader.dataset.label_map": str(lists / "label_map.txt"),
        }
    changes["model.roi_head.num_classes"] = 2 if request.param == "jhmdb" else 24
    return folder, changes


@pytest.fixture
def collected(monkeypatch):
    """What the metric gets: the scored boxes of all keyframes."""
    found = []
    original = TubeMetric.compute_metrics
    monkeypatch.setattr(
        TubeMetric,
        "compute_metrics",
        lambda self, results: (found.extend(results), original(self, results))[1],
    )
    return found


def random_weights(changes, path: Path) -> Path:
    torch.manual_seed(3)
    config = read_config(CONFIG)
    config.model.roi_head.num_classes = changes["model.roi_head.num_classes"]
    torch.save({"state_dict": MODELS.build(config.model).state_dict()}, path)
    return path


def detections(folder: Path) -> Path:
    """Boxes near the tubes' in every frame of the test videos, with false ones beside them."""
    random = np.random.default_rng(0)
    rows = []
    truth = read_tube_annotations(folder / "annotations" / "tubes.json")
    for video in truth.videos():
        for frame in range(1, truth.facts[video].num_frames + 1):
            boxes = [
                tube.boxes[frame - tube.frames[0]]
                for tube in truth.tubes[video]
                if tube.frames[0] <= frame <= tube.frames[-1]
            ]
            boxes = [box + random.normal(0, 2, 4) for box in boxes]
            if random.random() < 0.9:
                boxes.append(np.array([100, 5, 130, 60]) + random.normal(0, 2, 4))
            for box in boxes:
                part = (box / [*SIZE, *SIZE]).clip(0, 1)
                rows.append([video, (frame - 1) / FPS, *part, "", 0.95])
    path = folder / "detected.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def plain_figures(folder: Path, collected, protocol: str) -> dict[str, float]:
    """Return the figures in plain loops: link, suppress, match, area."""
    frame_ap, tube_ap, pixel = PLAIN[protocol]
    truth = read_tube_annotations(folder / "annotations" / "tubes.json")
    videos = truth.videos()
    scale = np.array([*SIZE, *SIZE])
    frame_values, tube_values = [], defaultdict(list)
    for index, label in enumerate(truth.labels):
        tubes = [
            (video, np.column_stack((one.frames, one.boxes)))
            for video in videos
            for one in truth.tubes[video]
            if one.label == label
        ]
        if not tubes:
            continue
        boxes = [((video, int(row[0])), row[1:]) for video, tube in tubes for row in tube]
        found, linked = [], []
        by_video: dict = {video: defaultdict(list) for video in videos}
        for one in collected:
            number = round(one.time_sec * FPS) + 1
            for box, scores in zip(one.boxes * scale, one.scores, strict=True):
                found.append(((one.video_id, number), box, float(scores[index])))
                by_video[one.video_id][number].append((float(scores[index]), box))
        frame_values.append(frame_ap(boxes, found, 0.5))
        for video, rows in by_video.items():
            mine = sorted(link(rows, num_frames=24, pixel=pixel), key=lambda pair: -pair[0])
            kept = []
            for score, tube in mine:
                overlaps = [span_iou(other, tube, pixel=1, frame=1) for _, other in kept]
                if protocol == "multisports" or all(value <= 0.3 for value in overlaps):
                    kept.append((score, tube))
            linked += [(video, tube, score) for score, tube in kept]
        for threshold in THRESHOLDS:
            tube_values[threshold].append(tube_ap(tubes, linked, threshold))
    means = {threshold: float(np.mean(values)) for threshold, values in tube_values.items()}
    return {
        "mAP": float(np.mean(frame_values)),
        "video_mAP@0.2": means[0.2],
        "video_mAP@0.5": means[THRESHOLDS[1]],
        "video_mAP@0.75": means[THRESHOLDS[6]],
        "video_mAP@0.5:0.95": float(np.mean([means[one] for one in THRESHOLDS[1:]])),
    }


@pytest.mark.parametrize("protocol", ["act", "multisports"])
@pytest.mark.parametrize("boxes", ["annotated", "detected"])
def test_figures_are_those_of_the_official_rules(prepared, collected, tmp_path, boxes, protocol):
    folder, changes = prepared
    changes = {**changes, "val_evaluator.protocol": protocol}
    changes["val_evaluator.out"] = str(tmp_path / "tubes.json")
    if boxes == "detected":
        changes["val_dataloader.dataset.proposals"] = str(detections(folder))
    checkpoint = random_weights(changes, tmp_path / "random.pth")
    found = evaluate(RunOptions(CONFIG, work_dir=tmp_path / "work", changes=changes), checkpoint)
    expected = plain_figures(folder, collected, protocol)
    assert found.pop("keyframes") == len(collected) > 40
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0 < found["video_mAP@0.5:0.95"] <= found["video_mAP@0.2"] + 1e-9 <= 1 + 1e-9


def test_written_tubes_give_the_same_figures(prepared, tmp_path, capsys):
    folder, changes = prepared
    out = tmp_path / "tubes.json"
    changes = {**changes, "val_evaluator.out": str(out)}
    checkpoint = random_weights(changes, tmp_path / "random.pth")
    found = evaluate(RunOptions(CONFIG, work_dir=tmp_path / "work", changes=changes), checkpoint)
    capsys.readouterr()
    truth = folder / "annotations" / "tubes.json"
    stad_main(["evaluate", "tubes", "--gt", str(truth), "--pred", str(out), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["average_mAP"] == pytest.approx(found["video_mAP@0.5:0.95"])
    assert printed["mAP"]["0.20"] == pytest.approx(found["video_mAP@0.2"])


@pytest.mark.parametrize("linking", ["path", "tracker"])
def test_other_linkings_find_the_tubes(prepared, tmp_path, linking):
    _, changes = prepared
    changes = {**changes, "val_evaluator.linking": linking}
    checkpoint = random_weights(changes, tmp_path / "random.pth")
    found = evaluate(RunOptions(CONFIG, work_dir=tmp_path / "work", changes=changes), checkpoint)
    assert found["video_mAP@0.5"] > 0.1


def test_a_run_trains_on_the_lists(prepared, tmp_path):
    _, changes = prepared
    runner = train(RunOptions(CONFIG, work_dir=tmp_path / "work", changes=changes))
    assert runner.epoch == 1
    (metric,) = runner.val_evaluator.metrics
    assert set(metric.per_class()) == set(runner.val_dataloader.dataset.metainfo["classes"])
    frames, tubes = metric.table().split("average precision of tubes per class\n")
    assert frames.startswith("average precision of frames per class\nclass")
    assert tubes.startswith("class")
    assert runner.message_hub.get_scalar("val/video_mAP@0.5:0.95").current() >= 0


def test_what_cannot_be_evaluated(prepared, tmp_path):
    folder, changes = prepared
    checkpoint = random_weights(changes, tmp_path / "random.pth")

    def run(**more):
        options = RunOptions(CONFIG, work_dir=tmp_path / "work", changes={**changes, **more})
        evaluate(options, checkpoint)

    with pytest.raises(InputError, match=r"no file of tubes none\.json\. 'stad prepare' writes it"):
        run(**{"val_evaluator.tubes": "none.json"})
    with pytest.raises(InputError, match="TubeMetric's linking must be one of overlap, path"):
        run(**{"val_evaluator.linking": "glue"})
    other = json.loads((folder / "annotations" / "tubes.json").read_text())
    other["labels"] = other["labels"][::-1]
    (tmp_path / "other.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match=r"has other classes than label_map .*label_map\.txt"):
        run(**{"val_evaluator.tubes": str(tmp_path / "other.json")})


def test_boxes_of_frames_in_a_csv_are_linked(prepared, collected, tmp_path, capsys):
    """As ``AVAMetric`` writes them, with a row for each class."""
    folder, changes = prepared
    changes = {**changes, "val_dataloader.dataset.proposals": str(detections(folder))}
    checkpoint = random_weights(changes, tmp_path / "random.pth")
    found = evaluate(RunOptions(CONFIG, work_dir=tmp_path / "work", changes=changes), checkpoint)
    path = tmp_path / "boxes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for one in collected:
            for box, scores in zip(one.boxes, one.scores.tolist(), strict=True):
                head = [one.video_id, one.time_sec, *box.tolist()]
                writer.writerows([*head, number, score] for number, score in enumerate(scores, 1))
    words = ["--gt", str(folder / "annotations" / "tubes.json"), "--pred", str(path)]
    capsys.readouterr()
    stad_main(["evaluate", "tubes", *words, "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["average_mAP"] == pytest.approx(found["video_mAP@0.5:0.95"])
    assert printed["frames"]["mAP"]["0.50"] == pytest.approx(found["mAP"])
    stad_main(["evaluate", "tubes", *words, "--linking", "path", "--protocol", "multisports"])
    out = capsys.readouterr().out
    assert out.startswith("tubes\nclass")
    assert "\n\nframes\nclass" in out
    path.write_text(path.read_text().splitlines()[0].replace(",1,", ",99,", 1) + "\n")
    with pytest.raises(InputError, match="classes are numbered 1 to"):
        stad_main(["evaluate", "tubes", *words])
