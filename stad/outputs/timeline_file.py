"""Collect the timeline page of a run frame by frame and write it at the end."""

from __future__ import annotations

from pathlib import Path

from stad.annotations.document import document_head, document_tail, segment_entries
from stad.outputs.annotated_video import AnnotatedVideo
from stad.outputs.overlay import OverlayStore
from stad.outputs.timeline import PageVideo, relative_href, write_timeline
from stad.structures import FrameResult, RunInfo, Segment
from stad.utils.part_files import is_special, scratch_folder


class TimelineFile:
    """The HTML page of a run.

    Args:
        path: the page to write.
        info: how the results were made.
        source_path: the video that is read; the page links to it if it is a file.
        drawn: the annotated video and its path, for the page to link to; None without one.
        allowed: class indices to show; None for all.
    """

    def __init__(
        self,
        path: Path,
        info: RunInfo,
        *,
        source_path: str,
        drawn: tuple[AnnotatedVideo, Path] | None = None,
        allowed: frozenset[int] | None = None,
    ) -> None:
        self._path, self._info = path, info
        self._source_path, self._drawn = source_path, drawn
        self._overlay = OverlayStore(scratch_folder(path), allowed=allowed)
        postures = range(info.num_exclusive)
        knows_all = allowed is None or allowed.issuperset(postures)
        self._num_exclusive = len(postures) if knows_all else 0
        self._num_frames, self._first_sec = 0, 0.0

    def write(self, result: FrameResult, *, is_sample: bool) -> None:
        """Add a frame; ``is_sample``: its boxes are shown."""
        if self._num_frames == 0:
            self._first_sec = result.time_sec
        self._num_frames += 1
        self._overlay.write(result, is_sample=is_sample)

    def close(self, segments: list[Segment], *, complete: bool) -> None:
        """Write the page; ``complete``: the whole video was read."""
        document = document_head(self._info)
        document["segments"] = segment_entries(segments, self._info.class_names)
        document |= document_tail(complete=complete, num_frames=self._num_frames)
        write_timeline(
            self._path,
            document,
            self._videos(),
            first_sec=self._first_sec,
            overlay=self._overlay,
            num_exclusive=self._num_exclusive,
        )
        self._overlay.close()

    def _videos(self) -> list[PageVideo]:
        videos, source = [], self._source_path
        if Path(source).is_file():
            videos.append(PageVideo(relative_href(source, self._path), Path(source).name))
        if self._drawn is not None and self._num_frames and not is_special(self._drawn[1]):
            drawn, path = self._drawn
            href = relative_href(path, self._path)
            videos.append(PageVideo(href, path.name, drawn.start_sec, has_boxes=True))
        return videos

    def abort(self) -> None:
        """Leave nothing behind."""
        self._overlay.close()
