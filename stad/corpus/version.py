"""Name a model and all else that results depend on, so that each video is done once for each."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from stad.corpus.schema import model_key
from stad.inference.annotation import AnnotationSetup
from stad.inference.options import AUTO, InferenceOptions
from stad.utils.download import hash_file

# Folders of models hold a few files; one with more is not a model.
MAX_FILES = 64


def results_key(setup: AnnotationSetup, options: InferenceOptions, *, floor: float) -> str:
    """Return the key of the results of a run, NAME@VERSION.

    The runtime and the precision count as they were asked for: 'auto' may choose another
    arithmetic on another machine, which changes scores in the third digit.

    Args:
        setup: of any video.
        options: of the run.
        floor: minimum score of keyframes that are kept.
    """
    chosen, info = setup.options, setup.info
    return model_key(
        info.model,
        {
            "weights": _weights(info.model, options),
            "detector": info.detector,
            "detector weights": _content(options.detector_weights),
            "detector file": _content(options.detector),
            "threshold": chosen.threshold,
            "person threshold": chosen.person_threshold,
            "stride": chosen.stride_sec,
            "detect every": chosen.detect_sec,
            "tracker": chosen.tracker.name,
            "tracker options": sorted(options.tracker_options),
            "track memory": chosen.tracker.memory_sec,
            "labels": None if chosen.allowed is None else sorted(chosen.allowed),
            "localizer": setup.localizer.options.to_dict(),
            "batch size": chosen.batch_size,
            "precision": options.precision,
            "runtime": options.runtime,
            "floor": floor,
        },
    )


def _weights(name: str, options: InferenceOptions) -> list[Any]:
    """Return what identifies the weights of the action model, and its config if it has its own."""
    from stad import zoo

    entry = next((one for one in zoo.MODELS if one.name == name), None)
    found: list[Any] = [_content(options.model)]
    if options.weights != AUTO:
        return [*found, _content(options.weights) if options.weights else "random"]
    if entry is not None and entry.weights is not None:
        found.append([entry.weights.file_name, entry.weights.sha256])
    return found


def _content(name: str | Path | None) -> Any:
    """Return the hash of a file or of the files of a folder; other names as they are."""
    if name is None:
        return None
    path = Path(name)
    if path.is_file():
        return hash_file(path)
    if not path.is_dir():
        return str(name)
    digest = hashlib.sha256()
    files = [one for one in sorted(path.iterdir()) if one.is_file()]
    for file in files[:MAX_FILES]:
        digest.update(f"{file.name} {hash_file(file)}".encode())
    return digest.hexdigest()
