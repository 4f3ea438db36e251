"""Person detectors: colours, boxes inside the frame, and clear errors."""

import numpy as np
import pytest
import torch

from stad import zoo
from stad.actors.detectors import mmdet as detector
from stad.actors.detectors.base import clip_to_image
from stad.actors.detectors.mmdet import MmdetDetector
from stad.actors.detectors.whole_frame import WholeFrame
from stad.errors import InputError
from stad.inference.detectors import open_detector
from stad.structures import Actors, Frame
from stad.zoo.checkpoint import read_checkpoint
from tests.operators import needs_operators


def noise_frame(height_px: int = 96, width_px: int = 128) -> Frame:
    image = np.random.default_rng(0).integers(0, 255, (height_px, width_px, 3), dtype=np.uint8)
    return Frame(0, 0.0, image)


def test_whole_frame_is_one_actor_with_an_id():
    found = open_detector("whole_frame").detect(noise_frame())
    assert found.boxes.tolist() == [[0, 0, 128, 96]]
    assert (found.ids.tolist(), WholeFrame.gives_ids) == ([1], True)


def test_boxes_are_cut_to_the_frame_and_empty_ones_go():
    boxes = [[-5, -5, 10, 10], [120, 90, 300, 300], [130, 0, 140, 10], [5, 5, 5, 9]]
    kept = clip_to_image(Actors.from_arrays(boxes), noise_frame().image)
    assert kept.boxes.tolist() == [[0, 0, 10, 10], [120, 90, 128, 96]]


def test_unknown_detectors_and_missing_files(tmp_path):
    with pytest.raises(InputError, match="rtmdet_tiny"):
        open_detector("rtmdet_tini")
    with pytest.raises(InputError, match="No such file"):
        open_detector("rtmdet_tiny", str(tmp_path / "none.pth"))
    (tmp_path / "mine.py").write_text("model = dict()")
    with pytest.raises(InputError, match="--detector-weights"):
        open_detector(str(tmp_path / "mine.py"))


@needs_operators
@pytest.mark.slow
@pytest.mark.parametrize("name", ["rtmdet_tiny", "rtmdet_m_person"])
def test_mmdet_models_load_published_names_and_see_bgr(tmp_path, monkeypatch, capsys, name):
    """Random weights under the published names; the frame reaches mmdet as it loads files."""
    entry = zoo.detector_entry(name)
    config = detector.mmdet_config(entry.config)
    options = {"model.bbox_head.num_classes": entry.num_classes} if entry.num_classes else None
    with detector._quiet():
        from mmdet.apis import init_detector

        model = init_detector(str(config), None, device="cpu", cfg_options=options)
    torch.save({"meta": {"epoch": 1}, "state_dict": model.state_dict()}, tmp_path / "w.pth")
    opened = open_detector(name, str(tmp_path / "w.pth"))
    frame, seen = noise_frame(), []
    infer = opened._infer
    monkeypatch.setattr(
        opened, "_infer", lambda m, image, **k: (seen.append(image), infer(m, image, **k))[1]
    )
    found = opened.detect(frame)
    np.testing.assert_array_equal(seen[0], frame.image[..., ::-1])
    assert found.boxes.shape == (len(found.scores), 4)
    assert (found.scores >= detector.MINIMUM_SCORE).all()
    assert capsys.readouterr().out == ""


@needs_operators
@pytest.mark.slow
def test_mmdet_weights_of_another_model(tmp_path):
    torch.save({"state_dict": {"head.weight": torch.zeros(2)}}, tmp_path / "w.pth")
    config = detector.mmdet_config(zoo.detector_entry("rtmdet_tiny").config)
    with pytest.raises(InputError, match="do not fit its config"):
        MmdetDetector(config, read_checkpoint(tmp_path / "w.pth"), name="x")


def test_yolo_on_a_blank_frame_finds_no_person():
    """With the real weights where an earlier run has fetched them."""
    if not zoo.is_cached(zoo.detector_entry("yolov4_tiny").weights):
        pytest.skip("yolov4_tiny is not in the cache; the demo fetches it")
    found = open_detector("yolov4_tiny").detect(Frame(0, 0.0, np.zeros((96, 128, 3), np.uint8)))
    assert len(found) == 0
