"""Open a person detector by its name."""

from __future__ import annotations

from pathlib import Path

from stad.actors.detectors.base import PersonDetector
from stad.actors.detectors.darknet import DarknetDetector
from stad.actors.detectors.mmdet import MmdetDetector, mmdet_config
from stad.actors.detectors.whole_frame import WholeFrame
from stad.errors import InputError
from stad.utils.files import existing_file


def open_detector(
    name: str, weights: str = "auto", *, device: str = "cpu", progress: bool = True
) -> PersonDetector:
    """The detector of a name, or of an mmdet config file.

    Args:
        name: of the zoo's detectors, 'whole_frame', or the path of an mmdet config.
        weights: 'auto' for the published ones, or the path of a checkpoint.
        device: 'cpu', 'cuda:0', ...; the OpenCV detector runs on the CPU.
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: no such detector, or its weights cannot be had or do not fit.
    """
    from stad import zoo

    if name == WholeFrame.name:
        return WholeFrame()
    if name.endswith(".py"):
        return _open_config(Path(name), weights, device)
    entry = zoo.detector_entry(name)
    if weights == "auto":
        path = zoo.fetch(entry.weights, progress=progress)
    else:
        path = existing_file(weights)
    if entry.mmdet_config is None:
        return DarknetDetector(zoo.fetch(entry.cfg, progress=progress), path)
    return MmdetDetector(
        mmdet_config(entry.mmdet_config),
        path,
        name=entry.name,
        num_classes=entry.num_classes,
        device=device,
    )


def _open_config(config: Path, weights: str, device: str) -> PersonDetector:
    existing_file(str(config))
    if weights == "auto":
        raise InputError(
            f"the detector config {config} has no published weights that are known here: "
            "give --detector-weights FILE"
        )
    return MmdetDetector(config, existing_file(weights), name=config.stem, device=device)
