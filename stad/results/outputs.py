"""All files of one annotation run, fed frame by frame; whole on close, gone on abort."""

from __future__ import annotations

from pathlib import Path

from stad.results.document import document_head, document_tail
from stad.results.drawing import draw_actors
from stad.results.timeline import relative_href, write_timeline
from stad.results.writers import AvaCsvWriter, JsonWriter
from stad.structures import FrameResult, RunInfo, Segment
from stad.video.sink import VideoSink
from stad.video.source import VideoSource


class Outputs:
    """The files that the options ask for.

    The pictures are read a second time for drawing, so that no full-size frame waits for its
    labels.

    Args:
        options: an ``AnnotateOptions``.
        info: how the results were made.
    """

    def __init__(self, options, info: RunInfo) -> None:
        self._options, self._info = options, info
        self._frames = None
        self._sink: VideoSink | None = None
        self._writers = []
        self._actor_ids: set[int] = set()
        self.num_frames = 0
        self.last_sec = self._first_sec = 0.0
        self._paths: list[tuple[str, Path]] = []
        self.warnings: list[str] = []
        if options.json:
            self._writers.append(JsonWriter(options.json, info))
            self._paths.append(("JSON", options.json))
        if options.csv:
            video = info.video
            self._writers.append(
                AvaCsvWriter(
                    options.csv,
                    Path(video.name).stem,
                    width_px=video.width_px,
                    height_px=video.height_px,
                )
            )
            self._paths.append(("CSV", options.csv))
        if options.html:
            self._paths.append(("timeline", options.html))
        if options.out:
            self._paths.insert(0, ("video", options.out))

    @property
    def num_actors(self) -> int:
        """Different actors so far."""
        return len(self._actor_ids)

    def write(self, result: FrameResult) -> None:
        """Take the next frame's result."""
        if self.num_frames == 0:
            self._first_sec = result.time_sec
            self._open_video()
        self._actor_ids.update(result.actors.ids.tolist())
        if self._sink is not None:
            frame = next(self._frames)
            drawn = draw_actors(frame.image, result.actors, result.labels, self._info.class_names)
            self._sink.write(drawn, result.time_sec)
        for writer in self._writers:
            writer.write(result)
        self.num_frames += 1
        self.last_sec = result.time_sec

    def _open_video(self) -> None:
        options = self._options
        if not options.out:
            return
        again = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
        self._frames = again.frames()
        self._sink = VideoSink(
            options.out,
            self._info.video,
            audio_path=options.video if self._info.video.has_audio else None,
            start_sec=self._first_sec,
        )

    def close(self, segments: list[Segment], *, complete: bool) -> None:
        """Finish every file and give it its name."""
        if self._sink is not None:
            self._sink.close()
            self.warnings += self._sink.warnings
        for writer in self._writers:
            writer.close(segments, complete=complete)
        if self._options.html:
            self._write_timeline(segments, complete=complete)

    def _write_timeline(self, segments: list[Segment], *, complete: bool) -> None:
        """The page beside the annotated video, or beside the input where there is none."""
        options = self._options
        document = document_head(self._info) | document_tail(
            segments, self._info.class_names, complete=complete, num_frames=self.num_frames
        )
        video = options.out or options.video
        write_timeline(
            options.html,
            document,
            relative_href(video, options.html),
            video_start_sec=self._first_sec if options.out else 0.0,
        )

    def written(self) -> list[tuple[str, Path]]:
        """Kind and path of each file; a run that ended before its first frame has no video."""
        return [(kind, path) for kind, path in self._paths if path.exists()]

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._sink is not None:
            self._sink.abort()
        for writer in self._writers:
            writer.abort()
