"""Cut found segments out of their videos, each into an mp4 of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from stad.corpus.originals import Originals, by_video
from stad.corpus.query import FoundSegment
from stad.errors import InputError
from stad.utils.files import make_folder
from stad.video.sink import VideoSink
from stad.video.source import VideoSource

# Of the parts of a file name.
MAX_STEM, MAX_LABEL, KEY_DIGITS = 60, 40, 6


@dataclass(frozen=True)
class CutClips:
    """The clips of a search.

    Attributes:
        written: new clips.
        kept: those that were there before.
    """

    written: list[Path]
    kept: list[Path]


def cut_clips(
    found: Sequence[FoundSegment],
    folder: Path,
    originals: Originals,
    *,
    overwrite: bool = False,
    progress: bool = True,
) -> CutClips:
    """Cut segments out of their videos; clips that are there already stay, unless ``overwrite``.

    Args:
        found: the segments.
        folder: for the clips; it is made if it is not there.
        originals: the videos; it notes those that cannot be used.
        overwrite: cut clips again that are there.
        progress: show a progress bar on a terminal.

    Raises:
        InputError: the folder cannot be written.
    """
    make_folder(folder)
    cut = CutClips([], [])
    done: set[str] = set()
    bar = tqdm(by_video(found), desc="clips", leave=False, disable=None if progress else True)
    for segment in bar:
        clip = folder / clip_name(segment)
        if clip.name in done:
            continue
        done.add(clip.name)
        if clip.exists() and not overwrite:
            cut.kept.append(clip)
        elif originals.use(segment, partial(cut_clip, segment=segment, clip=clip)):
            cut.written.append(clip)
    return cut


def clip_name(segment: FoundSegment) -> str:
    """Return the file name of a clip: video, times, label, person.

    >>> from stad.corpus.query import FoundSegment
    >>> clip_name(FoundSegment("s3://b/cam 1.mp4", "carry/hold", 0.9, 3, 62.5, 65.25,
    ...     "57eb896413ce1a4b5e0e", "m@1", 0, 10, []))
    'cam-1_57eb89_0h01m02.50s-0h01m05.25s_carry-hold_person3.mp4'
    """
    stem = Path(segment.path.rstrip("/").rpartition("/")[2]).stem
    times = f"{_stamp(segment.start_sec)}-{_stamp(segment.end_sec)}"
    # Videos of different folders may have one name: the key tells them apart.
    video = f"{_plain(stem, MAX_STEM)}_{segment.video[:KEY_DIGITS]}"
    return f"{video}_{times}_{_plain(segment.label, MAX_LABEL)}_person{segment.actor_id}.mp4"


def cut_clip(file: Path, *, segment: FoundSegment, clip: Path) -> None:
    """Write the frames of a segment, with their audio, as H.264; the clip appears whole.

    Args:
        file: the video.
        segment: its times.
        clip: the mp4 to write.

    Raises:
        InputError: the video cannot be read, has no frame there, or the clip cannot be written.
    """
    source = VideoSource(file, start_sec=max(segment.start_sec, 0.0), end_sec=segment.end_sec)
    sink: VideoSink | None = None
    try:
        for frame in source.frames():
            if sink is None:
                sink = VideoSink(
                    clip,
                    source.info,
                    audio_path=source.path if source.info.has_audio else None,
                    clock=source.clock,
                    start_sec=frame.time_sec,
                )
            sink.write(frame.image, frame.time_sec)
        if sink is None:
            raise InputError(f"{file} has no frame at {segment.start_sec:.2f} s.")
        sink.close()
    except BaseException:
        if sink is not None:
            sink.abort()
        raise


def _plain(text: str, length: int) -> str:
    """Return a text as a part of a file name."""
    return re.sub(r"[^\w.]+", "-", text).strip("-.")[:length] or "x"


def _stamp(time_sec: float) -> str:
    hundredths = round(max(time_sec, 0.0) * 100)
    minutes, seconds = divmod(hundredths, 6000)
    return f"{minutes // 60}h{minutes % 60:02d}m{seconds / 100:05.2f}s"
