"""Describe clips by a vector: the mean of the last maps of a backbone over time and space."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from stad.errors import InputError
from stad.inference.options import RuntimeName
from stad.tagging.kind import FeatureKind, read_kind
from stad.tagging.rows import Rows
from stad.tagging.seconds import read_seconds, view_size
from stad.utils.steady_products import SteadyProducts
from stad.video.source import VideoSource

if TYPE_CHECKING:
    from stad.models.base import ActionModel

Log = Callable[[str], None]
# Clips in one call of the network.
BATCH_CPU, BATCH_GPU = 1, 8


class ClipDescriber:
    """Describes clips with the backbone of a model; it is opened when the first clip comes.

    Args:
        backbone: name of a model, or path of a config.
        weights: 'auto' for the published ones, or the path of a checkpoint.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: library that runs the network.
        progress: show the progress of a download.
        log: takes lines about what was chosen.

    Attributes:
        kind: of the features.

    Raises:
        InputError: there is no such model or file, or it does not describe clips.
    """

    def __init__(
        self,
        backbone: str,
        weights: str,
        *,
        device: str = "auto",
        runtime: RuntimeName = "auto",
        progress: bool = False,
        log: Log = lambda text: None,
    ) -> None:
        self.kind: FeatureKind = read_kind(backbone, weights)
        self._backbone, self._weights = backbone, weights
        self._device: str = device
        self._runtime: RuntimeName = runtime
        self._progress, self._log = progress, log
        self._model: ActionModel | None = None

    def describe_video(
        self, path: str | Path, *, on_second: Callable[[], object] = lambda: None
    ) -> np.ndarray:
        """Return the vectors of the seconds of a video, (T, C) float32; (0, 0) without frames.

        Args:
            path: of the video.
            on_second: called after each vector.

        Raises:
            InputError: the video cannot be read.
        """
        source = VideoSource(path)
        info = source.info
        size = view_size(info.width_px, info.height_px, self.kind.short_side_px)
        clips = read_seconds(source, self.kind.window, size=size)
        rows = Rows()
        for one in self.describe(clip.frames for clip in clips):
            rows.append(one)
            on_second()
        return rows.values

    def describe(self, clips: Iterable[np.ndarray]) -> Generator[np.ndarray]:
        """Yield the vector (C,) float32 of each clip (T, H, W, 3) uint8 RGB, all of one size."""
        model = self._open()
        device = model.data_preprocessor.mean.device
        clips, size = iter(clips), BATCH_CPU if device.type == "cpu" else BATCH_GPU
        while some := list(islice(clips, size)):
            yield from self._vectors(model, some)

    @torch.inference_mode()
    def _vectors(self, model: ActionModel, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Return (N, C) float32 of N clips."""
        inputs = model.data_preprocessor.normalise(torch.from_numpy(np.stack(clips)))
        with SteadyProducts():
            maps = model.backbone(inputs)
        means = [one.float().mean(dim=(2, 3, 4)) for one in maps]
        return torch.cat(means, dim=1).cpu().numpy()

    def _open(self) -> ActionModel:
        """Return the model, ready to run."""
        if self._model is None:
            # Imported here, because they take seconds, which known videos do not need.
            from stad import zoo
            from stad.inference.build import resolve_device
            from stad.models.base import TrackBackbone

            device = resolve_device(self._device)
            loaded = zoo.open_model(
                self._backbone, weights=self._weights, device=device, progress=self._progress
            )
            model = loaded.model
            if isinstance(model.backbone, TrackBackbone) or len(model.backbones) > 1:
                raise InputError(
                    f"--backbone {self._backbone} cannot describe whole clips: it has no single "
                    "network that sees them. Use another one, such as i3d_k400."
                )
            runtime = self._prepare(model, device)
            self._log(f"backbone  {loaded.name} ({loaded.source}), {device}, {runtime}")
            self._model = model
        return self._model

    def _prepare(self, model: ActionModel, device: str) -> str:
        """Let a runtime compute the backbone; return its name."""
        from stad.inference.execution import runtime_precisions
        from stad.inference.runtimes import TORCH, choose_runtime
        from stad.inference.runtimes.backbone import convert_backbones
        from stad.inference.runtimes.converted import RuntimeOpener
        from stad.models.fast_inference import prepare_for_inference

        runtime, _ = choose_runtime(self._runtime, device)
        prepare_for_inference(model, torch.float32)
        if runtime != TORCH:
            opener = RuntimeOpener(runtime, runtime_precisions(runtime, "auto"), self._log)
            convert_backbones(model, opener, name=self.kind.backbone)
        return runtime
