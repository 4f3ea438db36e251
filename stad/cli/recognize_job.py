"""A video file in, what it shows as a whole out: the job behind demo/recognize_video.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stad.cli.annotate_options import AnnotateOptions, check_outputs
from stad.cli.option_ranges import check_positive_ints
from stad.cli.recognize_options import RecognizeOptions
from stad.errors import InputError
from stad.video.sampling import Views, parse_views, view_times

if TYPE_CHECKING:
    from rich.table import Table

    from stad.zoo import LoadedModel

# Of a model of short windows, so that a video of ten seconds is seen from one end to the other.
DENSE_CLIPS = 5
BAR_WIDTH = 32


@dataclass(frozen=True)
class Recognition:
    """What a model says of a video.

    Attributes:
        class_names: what each score means.
        scores: (num_classes,) float64 in [0, 1], the mean over the views.
        views: which were seen.
    """

    class_names: tuple[str, ...]
    scores: np.ndarray
    views: Views

    def top(self, count: int) -> list[tuple[int, float]]:
        """Class indices and scores, highest first; the lower class first on a tie."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return [(int(index), float(self.scores[index])) for index in order]


def recognize(options: RecognizeOptions) -> None:
    """Recognize one video; print the highest classes and write the JSON.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_positive_ints(top=options.top)
    views = None if options.views is None else parse_views(options.views)
    check_outputs(
        AnnotateOptions(video=options.video, json=options.json, overwrite=options.overwrite)
    )
    # Looked at before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    info = VideoSource(options.video).info
    from stad import zoo
    from stad.inference.build import resolve_device
    from stad.inference.precision import note_network

    device = resolve_device(options.device)
    loaded = zoo.open_model(
        options.model, weights=options.weights, device=device, progress=not options.quiet
    )
    note_network(loaded.name, device, "float32")
    found = recognize_video(options.video, loaded, views=views)
    if not options.quiet:
        print(
            f"model     {loaded.name} ({loaded.source}), {device}, views {found.views}",
            file=sys.stderr,
        )
        _print(found, options.top, title=info.name)
    if options.json is not None:
        _write_json(options.json, found, options, model=loaded.name)


def recognize_video(
    path: str | Path, loaded: LoadedModel, *, views: Views | None = None
) -> Recognition:
    """Score the classes of a video file as ``tools/test.py`` does.

    Args:
        path: of the video.
        loaded: a ``Recognizer`` by ``stad.zoo.open_model``.
        views: clips and crops whose scores are averaged; None takes one crop, of one clip for a
            model that sees segments of the whole video, else of five.

    Raises:
        InputError: the video cannot be read, or the model scores people.
    """
    from stad.datasets.transforms.recognition import crop_views
    from stad.models.recognizer import Recognizer
    from stad.video.clip_source import VideoFiles

    if not isinstance(loaded.model, Recognizer):
        raise InputError(
            f"{loaded.name} scores people, not whole videos: use demo/detect_video.py, or choose "
            "a model of the whole clip with --list-models"
        )
    views = views or Views(1 if loaded.sampling == "segments" else DENSE_CLIPS, 1)
    path = Path(path)
    source = VideoFiles(path.parent, num_threads=0)
    duration_sec = source.duration_sec(path.name)
    sums = np.zeros(len(loaded.class_names))
    shared = {"sampling": loaded.sampling, "num_clips": views.num_clips}
    for index in range(views.num_clips):
        raw = source.read_at(
            path.name, view_times(duration_sec, loaded.window, index=index, **shared)
        )
        crops = crop_views(
            raw.frames,
            short_side_px=loaded.short_side_px,
            crop_px=loaded.crop_px,
            num_crops=views.num_crops,
        )
        # One crop at a time: ten of a large network may not fit into memory.
        sums += sum(_score(loaded, crop[raw.order]) for crop in crops)
    return Recognition(loaded.class_names, sums / (views.num_clips * views.num_crops), views)


def _score(loaded: LoadedModel, clip: np.ndarray) -> np.ndarray:
    """(T, H, W, 3) uint8 RGB -> (num_classes,) float64 in [0, 1]."""
    import torch

    model = loaded.model
    with torch.inference_mode():
        inputs = model.data_preprocessor.normalise(torch.from_numpy(clip)[None])
        return model.probabilities(model.score_clips(inputs))[0].double().cpu().numpy()


def as_table(rows: Sequence[tuple[str, float]], *, title: str) -> Table:
    """Names and scores in [0, 1], one a line with a bar, for a terminal."""
    from rich.bar import Bar
    from rich.markup import escape
    from rich.table import Table

    table = Table(title_justify="left", box=None, show_header=False, pad_edge=False)
    table.title = escape(title)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right")
    table.add_column(width=BAR_WIDTH)
    for name, score in rows:
        table.add_row(escape(name), f"{score:.1%}", Bar(1, 0, score, width=BAR_WIDTH, color="cyan"))
    return table


def _print(found: Recognition, top: int, *, title: str) -> None:
    from rich.console import Console

    rows = [(found.class_names[index], score) for index, score in found.top(top)]
    Console().print(as_table(rows, title=title))


def _write_json(path: Path, found: Recognition, options: RecognizeOptions, *, model: str) -> None:
    from stad.utils.files import write_whole

    document = {
        "video": Path(options.video).name,
        "model": model,
        "views": str(found.views),
        "top": [
            {"label": found.class_names[index], "class_index": index, "score": round(score, 6)}
            for index, score in found.top(options.top)
        ],
    }
    write_whole(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
