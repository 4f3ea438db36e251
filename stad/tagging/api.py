"""Tag videos from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stad.inference.options import RuntimeName
from stad.tagging.tag_videos import TagJob, tag_inputs
from stad.tagging.tagger import VideoTags, open_tagger


def tag(
    videos: str | Path | Sequence[str | Path],
    model: str | Path,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    runtime: RuntimeName = "auto",
    progress: bool = False,
) -> list[VideoTags]:
    """Tag whole videos, as ``stad tag`` does.

    Features that were computed once are kept in the cache folder.

    Args:
        videos: a folder of videos, a video file, a file of records, or several of them.
        model: folder of records with a trained tagger, or the path of a config.
        weights: checkpoint of a config.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: library that runs the network which describes the videos.
        progress: show a progress bar on a terminal.

    Returns:
        The tags of each video that can be read, in order.

    Raises:
        InputError: no video can be read, or the tagger does not fit them.
    """
    # Imported here, because it imports torch.
    from stad.inference.build import resolve_device

    given = [videos] if isinstance(videos, (str, Path)) else list(videos)
    tagger = open_tagger(model, weights=weights, device=resolve_device(device))
    job = TagJob(tagger, device=device, runtime=runtime, progress=progress)
    return tag_inputs(job, [str(one) for one in given])
