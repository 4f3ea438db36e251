"""Open the file of an exported network: ONNX or OpenVINO's IR, by OpenVINO or ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

from stad.errors import InputError
from stad.inference.exported_card import BOXES, CLIPS, SCORES
from stad.inference.runtimes import AUTO, RUNTIMES, NamedNetwork, is_installed, load_runtime
from stad.utils.files import existing_file
from stad.utils.text import first_line

ONNX, IR = ".onnx", ".xml"
SUFFIXES = (ONNX, IR)
OPENVINO, ONNXRUNTIME = RUNTIMES


def is_exported(name: object) -> bool:
    """Return whether a model's name is that of an exported network's file.

    >>> is_exported("model.onnx"), is_exported("slowfast_r50_4x16_ava21")
    (True, False)
    """
    return name is not None and str(name).endswith(SUFFIXES)


def check_suffix(out: Path) -> None:
    """Raise InputError unless a file's name says a format that can be written."""
    if out.suffix not in SUFFIXES or not out.stem:
        raise InputError(f"--out must end in {ONNX} or {IR} (OpenVINO), got {str(out)!r}.")


def open_network_file(
    path: Path, *, runtime: str = AUTO, precision: str = "float32"
) -> tuple[NamedNetwork, str]:
    """Open the file of a network on the CPU.

    Args:
        path: of an .onnx file, or of an .xml file of OpenVINO with its .bin beside it.
        runtime: 'openvino', 'onnxruntime', or 'auto' for the first of them that is installed.
        precision: 'float32', or 'bfloat16', which OpenVINO has.

    Returns:
        The network, and the library that runs it with its version.

    Raises:
        InputError: the file is missing or damaged, or the runtime is not installed or cannot run
            it.
    """
    existing_file(str(path))
    weights = path.with_suffix(".bin")
    if path.suffix == IR and not weights.is_file():
        raise InputError(
            f"{path} has no file {weights.name} beside it, which holds its weights. Copy both, or "
            "export the model again."
        )
    chosen = choose_runtime(path, runtime)
    library = load_runtime(chosen)
    if precision not in ("float32", *library.PRECISIONS):
        raise InputError(
            "ONNX Runtime runs exported models in float32 only. Choose --precision float32 or "
            "--runtime openvino."
        )
    try:
        network = library.open_named(path, (CLIPS, BOXES, SCORES), precision=precision)
    # Each library has its own errors for a file that is damaged.
    except Exception as error:
        raise InputError(
            f"{path} cannot be opened by {chosen} ({first_line(error)[:300]}). It may be damaged: "
            "export the model again, or copy it again."
        ) from error
    return network, f"{chosen} {library.VERSION}"


def choose_runtime(path: Path, runtime: str) -> str:
    """Return the runtime for a file; see ``open_network_file``.

    Raises:
        InputError: it is not installed, or cannot run such a file.
    """
    able = (OPENVINO, ONNXRUNTIME) if path.suffix == ONNX else (OPENVINO,)
    if runtime != AUTO and runtime not in able:
        raise InputError(
            f"--runtime {runtime} cannot run {path}. Choose --runtime {' or '.join(able)}."
        )
    wanted = able if runtime == AUTO else (runtime,)
    for name in wanted:
        if is_installed(name):
            return name
    raise InputError(
        f"{path} needs {' or '.join(wanted)}, which is not installed. Run "
        f"'pip install {wanted[0]}'."
    )
