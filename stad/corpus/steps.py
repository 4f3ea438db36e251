"""Do the steps of the work on a video: as a whole, or in parts."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stad.actors.detectors.base import RecallingDetector
from stad.corpus.gather import Gatherer
from stad.corpus.identity import Video
from stad.corpus.part_files import (
    INDEX,
    WINDOWS,
    Arrays,
    Found,
    PartFiles,
    detection_arrays,
    part_name,
    read_detections,
    read_index,
    read_json_array,
)
from stad.corpus.replay import claimed_frames, replay
from stad.corpus.schema import VideoResults
from stad.corpus.splits import SplitVideo, frames_of_part
from stad.corpus.windows import (
    KnownScores,
    WindowRecorder,
    batches_of_part,
    read_batches,
    recall_batches,
    score_batches,
)
from stad.inference.annotation import Annotation, AnnotationSetup
from stad.inference.collector import SegmentCollector
from stad.inference.frames import read_frames_ahead
from stad.inference.scoring import remembers
from stad.utils.workers import read_ahead
from stad.video.source import VideoSource

# Takes how many seconds of the video, or of the part, are done.
Report = Callable[[float], object]


class MissingPartError(Exception):
    """The file of an earlier step is gone: the video must begin again."""


def annotate_whole(
    video: Video, source: VideoSource, setup: AnnotationSetup, *, floor: float, report: Report
) -> VideoResults:
    """Annotate a video from its first frame to its last, as ``stad annotate`` does.

    Args:
        video: the video.
        source: of its frames.
        setup: for it.
        floor: minimum score of keyframes that are kept.
        report: takes progress.
    """
    began_sec = time.monotonic()
    gatherer = Gatherer(setup.info)
    with Annotation(read_frames_ahead(source.frames()), setup) as run:
        for result in run:
            gatherer.add(result)
            report(result.time_sec)
        return gatherer.results(
            video,
            run.segments,
            warnings=list(source.warnings),
            processing_sec=time.monotonic() - began_sec,
            floor=floor,
        )


@dataclass(frozen=True)
class SplitJob:
    """The steps of a split video.

    Attributes:
        video: the video.
        split: its parts.
        setup: for it.
        files: what its parts give.
        report: takes progress.
    """

    video: Video
    split: SplitVideo
    setup: AnnotationSetup
    files: PartFiles
    report: Report

    @classmethod
    def open(
        cls, video: Video, path: str, setup: AnnotationSetup, files: PartFiles, report: Report
    ) -> SplitJob:
        """Read which parts a video has.

        Raises:
            MissingPartError: it has none any more.
        """
        index, begins = read_index(_read(files, INDEX))
        return cls(video, SplitVideo(path, index, begins), setup, files, report)

    def detect(self, part: int) -> None:
        """Detect people in a part, and keep them."""
        began_sec = time.monotonic()
        detector, begin = self.setup.models.detector, self.split.bounds(part)[0]
        remembers = isinstance(detector, RecallingDetector)
        last_sec = 0.0
        if remembers and part:
            before = _read(self.files, part_name("detect", part - 1))
            last_sec = float(before["last_sec"])
            detector.recall(last_sec, read_json_array(before["memory"]))
        wanted = claimed_frames(self.setup, self.split.times())
        found: list[Found] = []
        warnings: list[str] = []
        frames = read_ahead(
            frames_of_part(self.split, part, wanted, warnings),
            size_of=lambda frame: 0 if frame is None else frame.image.nbytes,
            max_items=64,
            max_bytes=64 * 2**20,
        )
        for frame in frames:
            if frame is not None:
                found.append((frame.time_sec, detector.detect(frame)))
                last_sec = frame.time_sec
                self.report(last_sec - self.split.index.times_sec[begin])
        arrays = detection_arrays(
            found, memory=detector.memory() if remembers else None, warnings=warnings
        )
        arrays |= {"last_sec": np.array(last_sec), "seconds": np.array(_since(began_sec))}
        self.files.write(part_name("detect", part), arrays)

    def find_windows(self) -> int:
        """Follow the people through the whole video and keep its windows; return their number."""
        recorder, known = WindowRecorder(), KnownScores(self.setup.models.scorer)

        def record(job):
            recorder.add(job)
            return known.keyframes(job)

        for result in replay(self.setup, self.split.times(), self._found(), record):
            self.report(result.time_sec)
        arrays = recorder.arrays()
        self.files.write(WINDOWS, arrays)
        return len(arrays["times_sec"])

    def score(self, part: int) -> None:
        """Score the windows of a part, and keep the scores."""
        began_sec = time.monotonic()
        batches = read_batches(_read(self.files, WINDOWS), self._size)
        chosen = batches_of_part(self.split, batches, part)
        begin_sec = float(self.split.index.times_sec[self.split.bounds(part)[0]])
        scorer = self.setup.models.scorer
        scorer.begin_stream()
        if remembers(scorer):
            recall_batches(batches[: chosen.start], self._entries(part), scorer)
        rows, entries, counts, numbers = [], [], [], []
        for batch, found in score_batches(self.split, batches, chosen, self.setup):
            rows += found.scores
            entries += found.entries
            counts += [len(one) for one in found.scores]
            numbers.append(len(found.scores))
            self.report(batch.job.times_sec[-1] - begin_sec)
        num_classes = scorer.num_classes
        arrays = {"entries": np.concatenate(entries)} if entries else {}
        arrays |= {
            "rows": np.concatenate([np.zeros((0, num_classes), np.float32), *rows]),
            "counts": np.array(counts, np.int64),
            "windows": np.array(numbers, np.int64),
            "seconds": np.array(_since(began_sec)),
        }
        self.files.write(part_name("score", part), arrays)

    def join(self, *, floor: float) -> VideoResults:
        """Return the results of the whole video."""
        began_sec = time.monotonic()
        gatherer = Gatherer(self.setup.info)
        known = KnownScores(self.setup.models.scorer, self._scores())
        collector = SegmentCollector(self.setup.localizer, tempfile.gettempdir())
        try:
            for result in replay(self.setup, self.split.times(), self._found(), known.keyframes):
                gatherer.add(result)
                collector.write(result)
                self.report(result.time_sec)
            segments = collector.finish(gatherer.end_sec).segments()
        finally:
            collector.close()
        warnings: dict[str, None] = {}
        seconds = _since(began_sec)
        for part in range(len(self.split.begins)):
            detected = _read(self.files, part_name("detect", part))
            warnings |= dict.fromkeys(read_json_array(detected["warnings"]))
            seconds += float(detected["seconds"])
            seconds += float(_read(self.files, part_name("score", part))["seconds"])
        return gatherer.results(
            self.video, segments, warnings=list(warnings), processing_sec=seconds, floor=floor
        )

    def _entries(self, before: int) -> Iterator[np.ndarray]:
        """Yield what a scorer kept of the windows with people in the parts before one."""
        for part in range(before):
            arrays = _read(self.files, part_name("score", part))
            if "entries" in arrays:
                yield from np.split(arrays["entries"], np.cumsum(arrays["counts"])[:-1])

    @property
    def _size(self) -> tuple[int, int]:
        return self.setup.info.video.width_px, self.setup.info.video.height_px

    def _found(self) -> Iterator[Found]:
        parts = range(len(self.split.begins))
        return read_detections(_read(self.files, part_name("detect", one)) for one in parts)

    def _scores(self) -> Iterator[list[np.ndarray]]:
        """Yield the scores of the batches that have windows with people."""
        for part in range(len(self.split.begins)):
            arrays = _read(self.files, part_name("score", part))
            rows = np.split(arrays["rows"], np.cumsum(arrays["counts"]))[: len(arrays["counts"])]
            begin = 0
            for count in arrays["windows"].tolist():
                if count:
                    yield rows[begin : begin + count]
                begin += count


def _read(files: PartFiles, name: str) -> Arrays:
    arrays = files.read(name)
    if arrays is None:
        raise MissingPartError(name)
    return arrays


def _since(began_sec: float) -> float:
    return time.monotonic() - began_sec
