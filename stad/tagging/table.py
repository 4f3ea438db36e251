"""Read and write records.json: what the features of a folder are, and of which videos.

records.json           this table
pca.safetensors        the projection of the features, see ``pca``
videos-00000.tfrecord  the features, in the format of YouTube-8M
model/                 what training made of them
.parts/                what is finished of an interrupted run
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.tagging import TABLE
from stad.tagging.kind import STEP_SEC, FeatureKind
from stad.utils.files import read_json, write_whole

FORMAT, VERSION = "stad-records", 1
PCA, MODEL, PARTS = "pca.safetensors", "model", ".parts"
SHARD, SHARDS = "videos-{:05d}.tfrecord", "videos-*.tfrecord"
# YouTube-8M's names of what is seen and what is heard.
RGB, AUDIO = "rgb", "audio"


@dataclass(frozen=True)
class VideoRow:
    """A video whose features are in a shard.

    Attributes:
        id: of its record.
        path: of the file, where it was.
        fingerprint: of its content.
        source: what was filmed together.
        labels: its classes; () for none of them, None where it has no labels.
        num_frames: seconds that have a vector.
        shard: name of the file.
    """

    id: str
    path: str
    fingerprint: str
    source: str
    labels: tuple[str, ...] | None
    num_frames: int
    shard: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        labels = None if self.labels is None else list(self.labels)
        return {**self.__dict__, "labels": labels}


@dataclass(frozen=True)
class RecordsTable:
    """The features of a folder: their kind, and the videos that have them.

    Attributes:
        kind: of the features.
        backbone: name or path of the model that made them.
        weights: 'auto', or the path of its checkpoint.
        pca_sha256: of the file of the PCA.
        num_channels: size of a vector.
        classes: of the labels; their order is that of the records' numbers.
        videos: in the order in which they were finished.
        left_out: why videos have no features, by their ids.
    """

    kind: FeatureKind
    backbone: str
    weights: str
    pca_sha256: str
    num_channels: int
    classes: tuple[str, ...] = ()
    videos: tuple[VideoRow, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def modalities(self) -> list[dict[str, Any]]:
        """The parts of a vector, as configs say them."""
        return [{"name": RGB, "channels": self.num_channels}]

    def numbers(self, labels: Sequence[str] | None) -> tuple[int, ...]:
        """Return the numbers of labels."""
        return tuple(self.classes.index(one) for one in labels or ())


def is_records(path: str | Path) -> bool:
    """Return whether a path is a folder of records."""
    return (Path(path) / TABLE).is_file()


def write_table(folder: Path, table: RecordsTable) -> None:
    """Write records.json; it appears whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "features": {**table.kind.to_json(), "step_sec": STEP_SEC},
        "backbone": table.backbone,
        "weights": table.weights,
        "pca": {"file": PCA, "sha256": table.pca_sha256},
        "modalities": table.modalities,
        "classes": list(table.classes),
        "videos": [one.to_json() for one in table.videos],
        "left_out": dict(table.left_out),
    }
    # A line for each video: people and programs that compare versions read it.
    rows = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in content["videos"])
    content["videos"] = []
    text = json.dumps(content, indent=1, ensure_ascii=False)
    if rows:
        text = text.replace('"videos": []', f'"videos": [\n  {rows}\n ]', 1)
    write_whole(folder / TABLE, text + "\n")


def read_table(folder: str | Path) -> RecordsTable:
    """Read records.json.

    Raises:
        InputError: there is none, or it has another format.
    """
    path = Path(folder) / TABLE
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f'{path}: expected a JSON object with "format": "{FORMAT}".')
    if content.get("version") != VERSION:
        raise InputError(
            f"{path}: expected version {VERSION} of {FORMAT}, got {content.get('version')!r}. "
            "A newer stad may have written it: update stad."
        )
    try:
        return RecordsTable(
            kind=FeatureKind.from_json(content["features"]),
            backbone=str(content["backbone"]),
            weights=str(content["weights"]),
            pca_sha256=str(content["pca"]["sha256"]),
            num_channels=int(content["modalities"][0]["channels"]),
            classes=tuple(map(str, content["classes"])),
            videos=tuple(map(_row, content["videos"])),
            left_out={str(key): str(one) for key, one in content["left_out"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{path}: {what}. Run stad features again.") from error


def _row(content: Mapping[str, Any]) -> VideoRow:
    labels = content["labels"]
    return VideoRow(
        id=str(content["id"]),
        path=str(content["path"]),
        fingerprint=str(content["fingerprint"]),
        source=str(content["source"]),
        labels=None if labels is None else tuple(map(str, labels)),
        num_frames=int(content["num_frames"]),
        shard=str(content["shard"]),
    )
