"""Fitting the localizer: it finds what is better, keeps what is best, and can be stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.segments import SegmentRows
from stad.errors import InputError
from stad.evaluation.compare_segments import compare_segments
from stad.localization.curve_files import read_curves
from stad.localization.options import LabelValues, LocalizerOptions
from stad.localization.tuning import Grid, tune
from tests.localization.untrimmed import untrimmed_set
from tests.localization.whole_curves import localize

ROOT = Path(__file__).resolve().parents[2]
SMALL = Grid((0.1, 0.2, 0.3, 0.5, 0.7), (1.0, 0.5), (0.0, 2.0), (0.0, 1.0))


@pytest.fixture
def weak_set():
    """Scores that reach 0.4 for two labels and 0.9 for the third, with noise."""
    curves, truth = untrimmed_set(
        np.random.default_rng(1), window_sec=2.0, stride_sec=1.0, noise=0.1
    )
    scaled = [one._replace(scores=one.scores * [0.4, 0.4, 0.9]) for one in curves]
    return scaled, truth


def mean_ap(curves, truth, options) -> float:
    """mAP@0.5 of the options, by way of the offline localizer and the evaluation."""
    rows = [
        (one.video, one.class_names[run.class_index], run)
        for one in curves
        for run in localize(one.times_sec, one.scores, options=options, names=one.class_names)
    ]
    spans = np.array([(run.start_sec, run.end_sec) for *_, run in rows]).reshape(-1, 2)
    score = np.array([run.score for *_, run in rows])
    found = SegmentRows(
        tuple(row[0] for row in rows), tuple(row[1] for row in rows), spans, score, truth.videos
    )
    return float(compare_segments(truth, found, thresholds=(0.5,)).average)


@pytest.mark.parametrize("per_label", [False, True])
def test_what_is_found_is_better_and_as_told(weak_set, per_label):
    curves, truth = weak_set
    base = LocalizerOptions(window_sec=2.0)
    tuned = tune(curves, truth, base=base, grid=SMALL, per_label=per_label)
    assert tuned.labels == ("walk", "wave", "fall")
    assert tuned.ap_before.mean() == pytest.approx(mean_ap(curves, truth, base))
    assert tuned.ap_after.mean() == pytest.approx(mean_ap(curves, truth, tuned.options))
    assert tuned.ap_before[0] < 0.1
    assert tuned.ap_after.min() > 0.9
    assert tuned.options.window_sec == 2.0
    if per_label:
        shared = tune(curves, truth, base=base, grid=SMALL)
        assert tuned.ap_after.mean() >= shared.ap_after.mean()


def test_what_is_best_already_stays(weak_set):
    curves, truth = weak_set
    best = tune(curves, truth, base=LocalizerOptions(window_sec=2.0), grid=SMALL).options
    again = tune(curves, truth, base=best, grid=SMALL)
    assert again.options == best
    # A grid with nothing good in it changes nothing.
    poor = tune(curves, truth, base=best, grid=Grid((0.95,), (1.0,), (2.0,), (0.0,)))
    assert poor.options == best


def test_a_stop_keeps_what_was_done(weak_set):
    curves, truth = weak_set
    tuned = tune(
        curves, truth, base=LocalizerOptions(), grid=SMALL, on_label=lambda done, total: done < 1
    )
    assert (tuned.labels, tuned.num_left) == (("walk",), 2)
    with pytest.raises(InputError, match="stopped before"):
        tune(curves, truth, base=LocalizerOptions(), grid=SMALL, on_label=lambda *_: False)


def test_labels_that_do_not_meet(weak_set):
    curves, truth = weak_set
    other = truth._replace(label=("swim",) * len(truth.label))
    with pytest.raises(InputError, match="swim"):
        tune(curves, other, base=LocalizerOptions(), grid=SMALL)


def write_npz(path: Path, curves) -> Path:
    """Two actors a keyframe: one who does it, one who does nothing."""
    np.savez(
        path,
        video_ids=np.repeat([one.video for one in curves], [2 * len(c.times_sec) for c in curves]),
        times_sec=np.concatenate([np.repeat(one.times_sec, 2) for one in curves]),
        scores=np.concatenate(
            [np.stack((c.scores, 0 * c.scores), 1).reshape(-1, 3) for c in curves]
        ),
        class_names=np.array(curves[0].class_names),
    )
    return path


def write_document(path: Path, one) -> None:
    """As the demo writes it."""
    frames = [{"index": 0, "time_sec": 0.0, "actors": [{"id": 1, "box": [0, 0, 1, 1]}]}]
    for time_sec, row in zip(one.times_sec, one.scores, strict=True):
        pairs = zip(one.class_names, row.tolist(), strict=True)
        actions = [{"label": name, "score": score} for name, score in pairs if score >= 0.05]
        people = [{"id": 1, "box": [0, 0, 1, 1], "actions": actions}, {"id": 2}]
        frames.append({"keyframe_sec": time_sec, "actors": people})
    content = {
        "format": "stad-annotation",
        "version": 1,
        "video": {"name": f"{one.video}.mp4"},
        "class_names": one.class_names,
        "frames": frames,
    }
    path.write_text(json.dumps(content))


def test_curves_from_files(tmp_path, weak_set):
    curves, _ = weak_set
    found = read_curves([write_npz(tmp_path / "curves.npz", curves)])
    assert [one.video for one in found] == ["v0", "v1", "v2"]
    for one, other in zip(found, curves, strict=True):
        assert one.class_names == other.class_names
        np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(one.times_sec, other.times_sec)
    (tmp_path / "json").mkdir()
    for one in curves:
        write_document(tmp_path / "json" / f"{one.video}.json", one)
    found = read_curves([tmp_path / "json"])
    assert [one.video for one in found] == ["v0", "v1", "v2"]
    expected = np.where(curves[0].scores < 0.05, 0, curves[0].scores)
    np.testing.assert_array_equal(found[0].scores, expected)


def test_files_that_do_not_fit(tmp_path, weak_set):
    with pytest.raises(InputError, match=r"has no \.json files"):
        read_curves([tmp_path])
    with pytest.raises(InputError, match="No such file"):
        read_curves([tmp_path / "a.json"])
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match=r"a\.json is not JSON"):
        read_curves([tmp_path / "a.json"])
    for text in ("[]", '{"format": "other"}', '{"format": "stad-annotation"}'):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(InputError, match="not a JSON file written with --json"):
            read_curves([tmp_path / "a.json"])
    np.savez(tmp_path / "a.npz", video_ids=np.array(["a"]))
    with pytest.raises(InputError, match="not an npz file of curves"):
        read_curves([tmp_path / "a.npz"])
    one = weak_set[0][0]
    write_document(tmp_path / "a.json", one)
    write_document(tmp_path / "b.json", one._replace(class_names=("a", "b", "c")))
    with pytest.raises(InputError, match="other classes"):
        read_curves([tmp_path])
    write_document(tmp_path / "a.json", one._replace(times_sec=one.times_sec[::-1]))
    with pytest.raises(InputError, match="do not ascend"):
        read_curves([tmp_path / "a.json"])


def write_annotations(path: Path, truth: SegmentRows) -> Path:
    database = {video: {"annotations": []} for video in truth.videos}
    for video, label, span in zip(truth.video, truth.label, truth.span.tolist(), strict=True):
        database[video]["annotations"].append({"label": label, "segment": span})
    path.write_text(json.dumps({"database": database}))
    return path


def test_script(tmp_path, weak_set):
    curves, truth = weak_set
    npz = write_npz(tmp_path / "curves.npz", curves[:1])
    gt = write_annotations(tmp_path / "gt.json", truth)
    command = [sys.executable, "tools/tune_localizer.py", npz, "--gt", gt, "--window", "2"]
    command += ["--out", tmp_path / "best.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2].startswith("mAP@0.5  ")
    options = LocalizerOptions.from_file(tmp_path / "best.json")
    assert options.start_threshold < 0.4
    assert options.labels == {}
    wrong = [*command[:-1], tmp_path / "none" / "best.json"]
    done = subprocess.run(wrong, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "does not exist" in done.stderr) == (2, True)


def test_ctrl_c_keeps_what_was_done(tmp_path, weak_set, monkeypatch, capsys):
    from stad.cli import tune_job
    from stad.cli.tune_options import TuneOptions

    curves, truth = weak_set
    npz = write_npz(tmp_path / "curves.npz", curves[:1])
    gt = write_annotations(tmp_path / "gt.json", truth)

    sent = []

    def stop_soon(*args, **options):
        on_label = options["on_label"]

        def interrupt(done, total):
            # Once: the second Ctrl-C would stop at once.
            if done == 1 and not sent:
                sent.append(os.kill(os.getpid(), signal.SIGINT))
            return on_label(done, total)

        return tune(*args, **(options | {"on_label": interrupt, "grid": SMALL, "per_label": True}))

    monkeypatch.setattr(tune_job, "tune", stop_soon)
    code = tune_job.tune_files(TuneOptions(curves=(str(npz),), gt=gt, out=tmp_path / "out.json"))
    assert code == 130
    options = LocalizerOptions.from_file(tmp_path / "out.json")
    assert set(options.labels) <= {"walk"}
    assert isinstance(options.of_label("walk"), LabelValues)
    assert "2 labels were not tuned" in capsys.readouterr().err
