"""Exported files of the tiny models."""

from pathlib import Path

import pytest
import torch

from tests.inference.exported.tiny import CONFIG, RECOGNIZER, SOURCE, load
from tests.videos import write_video


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """The tiny detector in three files and the tiny recognizer in two, its weights, a video."""
    folder = tmp_path_factory.mktemp("exported")
    for package in ("onnx", "onnxruntime", "openvino"):
        pytest.importorskip(package)
    from stad.inference.export import export_model

    loaded = load(CONFIG)
    torch.save({"state_dict": loaded.model.state_dict()}, folder / "tiny.pth")
    export_model(loaded, folder / "any.onnx", dynamic=True)
    export_model(loaded, folder / "fixed.onnx", video_size=SOURCE)
    export_model(loaded, folder / "any.xml", dynamic=True)
    whole = load(RECOGNIZER)
    torch.save({"state_dict": whole.model.state_dict()}, folder / "whole.pth")
    export_model(whole, folder / "whole.onnx", video_size=SOURCE)
    export_model(whole, folder / "whole.xml", dynamic=True)
    write_video(folder / "in.mp4", num_frames=40, fps=20, size=SOURCE)
    return folder
