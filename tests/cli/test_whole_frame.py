"""A recognizer of clips localizes actions in untrimmed video: the frame is its one actor."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli.annotate import annotate_main
from stad.errors import InputError
from stad.localization.curve_files import read_curves
from stad.localization.options import LocalizerOptions
from stad.video.geometry import clip_size, resize_frame
from stad.video.source import VideoSource
from tests.videos import write_video

CONFIG = str(Path(__file__).parents[1] / "data" / "tiny_recognizer.py")


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    """A video, and the tiny model with weights by a seed."""
    torch.manual_seed(0)
    model = zoo.load(CONFIG, weights=None)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "tiny.pth")
    video = write_video(tmp_path / "in.mp4", num_frames=90, fps=30)
    return [str(video), "--model", CONFIG, "--weights", str(tmp_path / "tiny.pth")]


def test_the_frame_is_the_actor(tmp_path, arguments):
    LocalizerOptions(0.5, window_sec=1.0).to_file(tmp_path / "localizer.json")
    code = annotate_main(
        [
            *(*arguments, "--detector", "whole_frame", "--json", str(tmp_path / "out.json")),
            *("--localizer", str(tmp_path / "localizer.json")),
            *("--precision", "float32", "--quiet"),
        ]
    )
    assert code == 0
    document = json.loads((tmp_path / "out.json").read_text())
    actors = [actor for frame in document["frames"] for actor in frame["actors"]]
    assert {(actor["id"], tuple(actor["box"])) for actor in actors} == {(1, (0, 0, 160, 120))}
    assert len(document["segments"]) > 10
    assert {segment["actor"] for segment in document["segments"]} == {1}
    # The scores are the recognizer's of the same window.
    opened = zoo.open_model(CONFIG, weights=arguments[-1])
    frames = [frame.image for frame in VideoSource(arguments[0]).frames()]
    clip = np.stack([resize_frame(frames[i], clip_size(160, 120, 64)) for i in (22, 26, 30, 34)])
    inputs = opened.model.data_preprocessor.normalise(torch.from_numpy(clip[None]))
    with torch.inference_mode():
        expected = opened.model.probabilities(opened.model.score_clips(inputs))[0].numpy()
    (curves,) = read_curves([tmp_path / "out.json"])
    assert curves.times_sec[:3].tolist() == [0, 1, 2]
    np.testing.assert_allclose(curves.scores[1], expected, atol=1e-4)


def test_a_recognizer_needs_the_whole_frame(tmp_path, arguments):
    with pytest.raises(InputError, match="Add --detector whole_frame"):
        annotate_main([*arguments, "--json", str(tmp_path / "out.json")])
