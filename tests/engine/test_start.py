"""Start weights: what fits is loaded, the rest is told."""

import pytest
import torch

from stad.engine.start import load_start_weights
from stad.errors import InputError
from stad.registry import MODELS
from tests.models.configs import read_config


def model(name="slowonly_ava", **head):
    config = read_config(name).model
    config.backbone.update(depth=18, base_channels=4)
    config[("roi_head" if "roi_head" in config else "head")].update(in_channels=32, **head)
    return MODELS.build(config)


def test_a_recognizer_gives_a_detector_its_backbone(tmp_path):
    recognizer = model("slowonly_kinetics")
    path = tmp_path / "kinetics.pth"
    # As mmaction2 names the head.
    state = {k.replace("head.", "cls_head."): v for k, v in recognizer.state_dict().items()}
    torch.save({"meta": {}, "state_dict": state}, path)
    detector = model()
    report = load_start_weights(detector, str(path))
    assert torch.equal(detector.backbone.conv1.conv.weight, recognizer.backbone.conv1.conv.weight)
    total = len(detector.state_dict())
    assert f"{total - 2} of {total} loaded" in report
    assert "not in the file: roi_head.fc_cls.weight, roi_head.fc_cls.bias;" in report
    assert "not used: cls_head.fc_cls.weight, cls_head.fc_cls.bias" in report


def test_a_head_of_other_classes_stays_random(tmp_path):
    old, new = model(), model(num_classes=2)
    torch.save(old.state_dict(), tmp_path / "old.pth")
    before = new.roi_head.fc_cls.weight.clone()
    report = load_start_weights(new, str(tmp_path / "old.pth"))
    assert torch.equal(new.roi_head.fc_cls.weight, before)
    assert torch.equal(new.backbone.conv1.conv.weight, old.backbone.conv1.conv.weight)
    assert "not used: roi_head.fc_cls.weight, roi_head.fc_cls.bias" in report


def test_a_file_in_which_nothing_fits_is_refused(tmp_path):
    torch.save({"fc.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"no weight of .* fits"):
        load_start_weights(model(), str(tmp_path / "other.pth"))
