"""Open a person detector by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stad.actors.detectors import WITHOUT_WEIGHTS, DetectorSetup, PersonDetector, open_kind
from stad.actors.detectors.operators import check_mmdet
from stad.errors import InputError
from stad.utils.files import existing_file
from stad.utils.networks import NetworkOpener, open_in_torch

if TYPE_CHECKING:
    from stad.actors.detectors.precomputed import PrecomputedDetections
    from stad.inference.frames import FrameSource


def open_detector(
    name: str,
    weights: str = "auto",
    *,
    device: str = "cpu",
    open_network: NetworkOpener = open_in_torch,
    progress: bool = True,
) -> PersonDetector:
    """Open the detector of that name, of an mmdet config file, or of an ONNX file.

    Args:
        name: one of the zoo's detectors, 'whole_frame', or the path of an mmdet config or of an
            ONNX file.
        weights: 'auto' for the published ones, or the path of a checkpoint.
        device: 'cpu', 'cuda:0', ...
        open_network: makes the detector's network ready to run, where it is not mmdet's.
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: there is no such detector, or its weights cannot be fetched or do not fit.
    """
    from stad import zoo
    from stad.zoo.checkpoint import read_checkpoint

    if name in WITHOUT_WEIGHTS:
        return WITHOUT_WEIGHTS[name]()
    if name.endswith(".py"):
        setup = _config_setup(Path(name), weights, device)
        check_mmdet(name)
        return open_kind("mmdet", setup)
    if name.endswith(".onnx"):
        setup = replace(_onnx_setup(name, weights, device), open_network=open_network)
        return open_kind("onnx", setup)
    entry = zoo.detector_entry(name)
    own_weights = None if weights == "auto" else existing_file(weights)
    if entry.kind == "mmdet":
        # Before a download for nothing.
        check_mmdet(name)
    path = own_weights or zoo.fetch(entry.weights, progress=progress)
    files = {role: zoo.fetch(file, progress=progress) for role, file in entry.files}
    setup = DetectorSetup(
        entry.name,
        path,
        read_checkpoint,
        files,
        entry.config,
        entry.num_classes,
        device,
        open_network,
    )
    return open_kind(entry.kind, setup)


def _config_setup(config: Path, weights: str, device: str) -> DetectorSetup:
    from stad.zoo.checkpoint import read_checkpoint

    existing_file(str(config))
    if weights == "auto":
        raise InputError(
            f"The detector config {config} has no published weights that stad knows. "
            "Add --detector-weights FILE."
        )
    return DetectorSetup(
        config.stem, existing_file(weights), read_checkpoint, config=str(config), device=device
    )


def _onnx_setup(file: str, weights: str, device: str) -> DetectorSetup:
    from stad.zoo.checkpoint import read_checkpoint

    if weights != "auto":
        raise InputError(
            f"The detector {file} contains its weights. Leave out --detector-weights, or name a "
            "published detector with --detector."
        )
    path = existing_file(file)
    return DetectorSetup(path.stem, path, read_checkpoint, device=device)


def open_boxes(path: Path, source: FrameSource) -> PrecomputedDetections:
    """Open a file of boxes as the detector of a video.

    Args:
        path: CSV or JSON; see ``PrecomputedDetections``.
        source: the video, or the part of it, that is read.

    Raises:
        InputError: the file cannot be read or does not fit the video.
    """
    from stad.actors.detectors.precomputed import PrecomputedDetections

    # Boxes after the end are an error, so the length must not be a guess.
    info = replace(source.info, duration_sec=source.measured_duration_sec())
    return PrecomputedDetections(path, info, part_sec=(source.start_sec, source.end_sec))
