"""Read the folder of a model of one's own classes, as ``stad train DATA`` writes it.

config.py             the network, for every command that takes a config
weights.safetensors   its weights
label_map.txt         one class a line
localizer.json        thresholds and times of segments
model.json            thresholds of the classes, what was trained on what, and the figures
README.md             the same to read
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.utils.files import read_json

FORMAT, VERSION = "stad-own-model", 1
# Of a tagger of whole videos, see ``stad.tagging.model_folder``.
TAGGER_FORMAT = "stad-tagger"
CONFIG, WEIGHTS, LABEL_MAP = "config.py", "weights.safetensors", "label_map.txt"
LOCALIZER, CARD, README = "localizer.json", "model.json", "README.md"
# The folder of the model in the folder of the videos.
MODEL = "model"


@dataclass(frozen=True)
class OwnModel:
    """A trained model of one's own classes.

    Attributes:
        folder: of its files.
        name: of the folder of the videos that it was trained on.
        thresholds: minimum score to show, in [0, 1], by the name of the class.
        stride_sec: recommended time between predictions, seconds.
        detector: name of the person detector that it needs; None for any.
        content: everything that model.json says.
    """

    folder: Path
    name: str
    thresholds: Mapping[str, float]
    stride_sec: float
    detector: str | None
    content: Mapping[str, Any]

    @property
    def config(self) -> Path:
        """The config of the network."""
        return self.folder / CONFIG

    @property
    def weights(self) -> Path:
        """The weights of the network."""
        return self.folder / WEIGHTS

    @property
    def localizer(self) -> Path:
        """The thresholds and times of its segments."""
        return self.folder / LOCALIZER


def find_own_model(name: str | Path) -> OwnModel | None:
    """Open the model of a folder: that of the model, or that of the videos, which has it.

    Returns:
        None if ``name`` is not a folder.

    Raises:
        InputError: the folder has no model, or its files cannot be used.
    """
    path = Path(name).expanduser()
    if not path.is_dir():
        return None
    folder = path if (path / CARD).is_file() else path / MODEL
    if not (folder / CARD).is_file():
        raise InputError(
            f"{path} has no trained model: there is no {folder / CARD}. Run 'stad train {path}', "
            "or give another folder or name."
        )
    return read_own_model(folder)


def read_own_model(folder: Path) -> OwnModel:
    """Read what model.json says.

    Raises:
        InputError: a file is missing or has another format.
    """
    path = folder / CARD
    content = read_json(path)
    if isinstance(content, dict) and content.get("format") == TAGGER_FORMAT:
        raise InputError(
            f"{folder} is a tagger of whole videos. Use it with 'stad tag VIDEOS --model {folder}'."
        )
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f'{path}: expected a JSON object with "format": "{FORMAT}".')
    if content.get("version") != VERSION:
        raise InputError(
            f"{path}: expected version {VERSION} of {FORMAT}, got {content.get('version')!r}. "
            "A newer stad may have written it: update stad, or train the model again."
        )
    if missing := [one for one in (CONFIG, WEIGHTS) if not (folder / one).is_file()]:
        raise InputError(f"{folder} has no {missing[0]}. Copy the whole folder, or train again.")
    try:
        return OwnModel(
            folder=folder,
            name=str(content["name"]),
            thresholds={str(key): float(one) for key, one in content["thresholds"].items()},
            stride_sec=float(content["stride_sec"]),
            detector=content["detector"],
            content=content,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: {what}. Train the model again.") from error
