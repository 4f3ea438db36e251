"""All files of one annotation run, fed frame by frame; whole on close, gone on abort."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av

from stad.annotations.document import document_head, document_tail, segment_entries
from stad.localization.base import Localizer
from stad.outputs.coco import CocoWriter
from stad.outputs.collector import SampleClock, SegmentCollector
from stad.outputs.drawing import draw_actors
from stad.outputs.overlay import OverlayStore
from stad.outputs.segment_files import (
    SegmentWriter,
    activitynet_texts,
    event_texts,
    subtitle_texts,
)
from stad.outputs.timeline import PageVideo, relative_href, write_timeline
from stad.outputs.writers import AvaCsvWriter, JsonWriter, ResultWriter
from stad.structures import Frame, FrameResult, RunInfo, Segment
from stad.video.continued import ContinuedSink
from stad.video.seeking import frames_from
from stad.video.sink import VideoSink
from stad.video.source import VideoSource

KINDS = {
    "--out": "video",
    "--json": "JSON",
    "--csv": "CSV",
    "--html": "timeline",
    "--events": "events",
    "--activitynet": "segments",
    "--subtitles": "subtitles",
    "--coco": "COCO",
}


class Outputs:
    """The files that the options ask for.

    The pictures are read a second time for drawing, so that no full-size frame waits for its
    labels.

    Args:
        options: an ``AnnotateOptions``.
        info: how the results were made.
        localizer: at its beginning.
        allowed: class indices that may be shown; None for all.
        left: what ``left()`` of an interrupted run gave, whose pictures are kept; or nothing.
    """

    def __init__(
        self,
        options,
        info: RunInfo,
        *,
        localizer: Localizer,
        allowed: frozenset[int] | None = None,
        left: dict | None = None,
    ) -> None:
        self._options, self._info = options, info
        self._frames: Iterator[Frame] | None = None
        self._again: VideoSource | None = None
        self._sink: VideoSink | ContinuedSink | None = None
        self._num_kept = _num_kept(options.out, left or {})
        self._actor_ids: set[int] = set()
        self.num_frames = 0
        self.last_sec = self._first_sec = 0.0
        self.warnings: list[str] = []
        self._clock = SampleClock()
        self._writers: list[ResultWriter] = []
        self._sample_writers: list[ResultWriter] = []
        self._open_writers()
        folder = next(iter(options.outputs().values())).parent
        self._collector = SegmentCollector(localizer, folder)
        self._overlay = OverlayStore(options.html.parent, allowed=allowed) if options.html else None

    def _open_writers(self) -> None:
        options, info = self._options, self._info
        video_id, names = Path(info.video.name).stem, info.class_names
        size_px = {"width_px": info.video.width_px, "height_px": info.video.height_px}
        if options.json:
            self._writers.append(JsonWriter(options.json, info))
        if options.csv:
            self._writers.append(AvaCsvWriter(options.csv, video_id, **size_px))
        texts = {
            "events": partial(event_texts, video_id=video_id, class_names=names),
            "activitynet": partial(activitynet_texts, video_id=video_id, class_names=names),
        }
        if options.subtitles:
            is_vtt = options.subtitles.suffix.lower() == ".vtt"
            texts["subtitles"] = partial(subtitle_texts, is_vtt=is_vtt, class_names=names)
        for name, function in texts.items():
            if getattr(options, name):
                self._writers.append(SegmentWriter(getattr(options, name), function))
        if options.coco:
            self._sample_writers.append(CocoWriter(options.coco, info))

    @property
    def num_actors(self) -> int:
        """Different actors so far."""
        return len(self._actor_ids)

    def write(self, result: FrameResult) -> None:
        """Take the next frame's result."""
        if self.num_frames == 0:
            self._first_sec = result.time_sec
        self._actor_ids.update(result.actors.ids.tolist())
        if self._options.out and self.num_frames >= self._num_kept:
            self._draw(result)
        is_sample = self._clock.is_due(result.time_sec)
        self._collector.write(result, is_sample=is_sample)
        if self._overlay is not None:
            self._overlay.write(result, is_sample=is_sample)
        for writer in self._writers + (self._sample_writers if is_sample else []):
            writer.write(result)
        self.num_frames += 1
        self.last_sec = result.time_sec

    def _draw(self, result: FrameResult) -> None:
        if self._frames is None:
            self._open_frames(result.time_sec)
        frame = next(self._frames)
        if self._sink is None:
            self._open_sink(result.time_sec)
        drawn = draw_actors(frame.image, result.actors, result.labels, self._info.class_names)
        self._sink.write(drawn, result.time_sec)

    def _open_frames(self, time_sec: float) -> None:
        options = self._options
        again = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
        self._again = again
        if self._num_kept:
            self._frames = frames_from(again, self._num_kept, time_sec)
        else:
            self._frames = again.frames()

    def _open_sink(self, time_sec: float) -> None:
        """Open the video; the source's reading has begun, so that its clock is there."""
        options, video = self._options, self._info.video
        timing = {
            "audio_path": options.video if video.has_audio else None,
            "clock": self._again.clock,
            "start_sec": self._video_start_sec(),
        }
        if self._num_kept:
            self._sink = ContinuedSink(options.out, video, first_sec=time_sec, **timing)
        else:
            self._sink = VideoSink(options.out, video, **timing)

    def _video_start_sec(self) -> float:
        """Return the time of the source that is 0 in the annotated video."""
        return self._first_sec if self._options.start_sec else 0.0

    def close(self, *, complete: bool) -> list[Segment]:
        """Finish every file and give it its name; give the segments, by start."""
        if self._sink is not None:
            self._sink.close()
            self.warnings += self._sink.warnings
        tubes = self._collector.finish(self.last_sec + float(1 / self._info.video.fps))
        for writer in self._writers + self._sample_writers:
            writer.close(tubes, complete=complete)
        segments = tubes.segments()
        if self._options.html:
            self._write_timeline(segments, complete=complete)
        self._forget()
        return sorted(segments, key=lambda s: (s.start_sec, s.actor_id, s.class_index))

    def left(self) -> dict:
        """How far the files of an interrupted run go, after ``close()``, as JSON knows it."""
        left: dict = {"num_frames": self.num_frames}
        if self._options.out and self._options.out.exists():
            left |= _video_mark(self._options.out)
        return left

    def _write_timeline(self, segments: list[Segment], *, complete: bool) -> None:
        """The page, with the input and with the annotated video."""
        options = self._options
        document = document_head(self._info)
        document["segments"] = segment_entries(segments, self._info.class_names)
        document |= document_tail(complete=complete, num_frames=self.num_frames)
        videos = []
        if Path(options.video).is_file():
            href = relative_href(options.video, options.html)
            videos.append(PageVideo(href, Path(options.video).name))
        if options.out and self.num_frames:
            href = relative_href(options.out, options.html)
            start_sec = self._video_start_sec()
            videos.append(PageVideo(href, options.out.name, start_sec, has_boxes=True))
        write_timeline(
            options.html, document, videos, first_sec=self._first_sec, overlay=self._overlay
        )

    def written(self) -> list[tuple[str, Path]]:
        """Kind and path of each file; a run that ended before its first frame has no video."""
        paths = self._options.outputs().items()
        return [(KINDS[flag], path) for flag, path in paths if path.exists()]

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._sink is not None:
            self._sink.abort()
        for writer in self._writers + self._sample_writers:
            writer.abort()
        self._forget()

    def _forget(self) -> None:
        self._collector.close()
        if self._overlay is not None:
            self._overlay.close()


def _video_mark(path: Path) -> dict:
    """What tells a video from another one, and whether its kind can be continued."""
    return {"video": path.name, "num_bytes": path.stat().st_size, "encoder": av.__version__}


def _num_kept(path: Path | None, left: dict) -> int:
    """How many frames of an interrupted run's video can stay as they are."""
    if path is None or not path.exists():
        return 0
    mark = _video_mark(path)
    return left.get("num_frames", 0) if mark == {key: left.get(key) for key in mark} else 0
