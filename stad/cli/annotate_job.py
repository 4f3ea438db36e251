"""A video file in, an annotated video and its tables out: the job behind demo/detect_video.py."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from stad.cli.annotate_options import AnnotateOptions, check_options, check_outputs
from stad.errors import EXIT_INTERRUPTED, EXIT_OK
from stad.structures import RunInfo, Segment, VideoInfo
from stad.utils.interrupt import StopRequest
from stad.utils.supervisor import note

CPU_BATCH, GPU_BATCH = 1, 8
# A run that died in one precision goes on in the other.
PRECISION_FLAG = "--precision"
SAVE_MEMORY = "A smaller --batch-size or a smaller --model needs less memory"


def annotate(options: AnnotateOptions) -> int:
    """Annotate one video; give the exit code.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_options(options)
    check_outputs(options)
    # Looked at before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    source = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
    return _Job(options, source).run()


class _Job:
    """One run: models, the loop, the outputs."""

    def __init__(self, options: AnnotateOptions, source) -> None:
        from stad.actors.detectors.precomputed import PrecomputedDetections
        from stad.actors.tracker import FollowCounts
        from stad.actors.tracker_options import choose_tracker
        from stad.inference.build import build_models

        self._options, self._source = options, source
        self._counts = FollowCounts()
        # A wrong tracker is found before a model is fetched, too.
        self._tracker = choose_tracker(
            options.tracker, options.tracker_options, memory_sec=options.track_memory_sec
        )
        # A wrong box file is found before a model is fetched.
        part_sec = (options.start_sec, options.end_sec)
        boxes = None
        if options.boxes:
            # Boxes behind the end are an error, so that the end must not be a guess.
            info = replace(source.info, duration_sec=source.measured_duration_sec())
            boxes = PrecomputedDetections(options.boxes, info, part_sec=part_sec)
            for warning in boxes.warnings:
                print(f"warning: {warning}", file=sys.stderr)
        models = build_models(
            options,
            frame_size=(source.info.width_px, source.info.height_px),
            detector=boxes,
            progress=not options.quiet,
            say=self._say,
        )
        self._detector, self._scorer = models.detector, models.scorer
        self._threshold, self._allowed = models.threshold, models.allowed
        self._precision = models.precision
        self._person_threshold = models.person_threshold(options.person_threshold)
        # A CPU gains nothing from larger batches, and results would come in bursts.
        self._default_batch = CPU_BATCH if models.device == "cpu" else GPU_BATCH
        self._stride_sec = models.stride_sec if options.stride_sec is None else options.stride_sec
        self._localizer = models.open_localizer(options.localizer, self._stride_sec)
        self._say(f"tracker   {self._tracker.describe(gives_ids=self._detector.gives_ids)}")
        self._info = RunInfo(
            video=source.info,
            model=models.name,
            detector=self._detector.name,
            class_names=models.class_names,
            threshold=self._threshold,
            stride_sec=self._stride_sec,
        )

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            print(text, file=sys.stderr)

    def run(self) -> int:
        """The loop over the frames; what is written by then is kept on Ctrl-C."""
        from stad.inference.journal import Journal
        from stad.outputs.outputs import Outputs
        from stad.utils.files import part_path

        options = self._options
        journal = Journal(
            options.state_path(), self._identity(), resume=options.resume, free=(PRECISION_FLAG,)
        )
        unfinished = [str(part_path(path)) for path in options.outputs().values()]
        note(state=str(journal.path), unfinished=unfinished, save_memory=SAVE_MEMORY)
        if journal.done_sec is not None:
            self._say(f"resume    after {journal.done_sec:.1f} s of {self._info.video.name}")
            for flag, (then, now) in journal.changed.items():
                self._say(f"resume    {flag} was {then} up to there and is {now} from there on")
        try:
            outputs = Outputs(
                options,
                self._info,
                localizer=self._localizer,
                allowed=self._allowed,
                left=journal.end,
            )
            try:
                return self._finish(outputs, journal, self._loop(outputs, journal))
            except BaseException:
                outputs.abort()
                raise
        finally:
            journal.close()

    def _loop(self, outputs, journal) -> StopRequest:
        """Take the results as they come, until the end or Ctrl-C."""
        with StopRequest() as stop:
            for result in self._results(journal):
                outputs.write(result)
                if result.keyframe is not None:
                    journal.add_done(result.keyframe.time_sec)
                if stop.requested:
                    break
        return stop

    def _finish(self, outputs, journal, stop: StopRequest) -> int:
        if stop.requested and outputs.num_frames < journal.end.get("num_frames", 0):
            outputs.abort()
            print("interrupted before anything new: the files are as they were", file=sys.stderr)
            return EXIT_INTERRUPTED
        segments = outputs.close(complete=not stop.requested)
        if stop.requested:
            journal.add_end(**outputs.left())
        else:
            journal.remove()
        self._report(outputs, segments, self._info.video, interrupted=stop.requested)
        return EXIT_INTERRUPTED if stop.requested else EXIT_OK

    def _identity(self) -> dict:
        """What the results depend on, by the names that people know."""
        options, path = self._options, Path(self._options.video)
        return {
            "video": path.name,
            "size of the video": path.stat().st_size if path.is_file() else None,
            "model": self._info.model,
            "--weights": options.weights,
            "detector": self._info.detector,
            "--detector-weights": options.detector_weights,
            "--boxes": str(options.boxes),
            "--threshold": self._threshold,
            "--person-threshold": self._person_threshold,
            "--stride": self._stride_sec,
            "--detect-every": options.detect_sec,
            "--tracker": self._tracker.name,
            "--tracker-options": sorted(options.tracker_options),
            "--track-memory": self._tracker.memory_sec,
            "--batch-size": options.batch_size or self._default_batch,
            "--max-labels": options.max_labels,
            "--labels": None if self._allowed is None else sorted(self._allowed),
            "--localizer": self._localizer.options.to_dict(),
            "--start": options.start_sec,
            "--end": options.end_sec,
            PRECISION_FLAG: self._precision,
        }

    def _results(self, journal):
        from stad.inference.pipeline import PipelineOptions, annotate_frames
        from stad.inference.resume import JournaledDetector, JournaledScorer, journaled_frames

        options, info = self._options, self._source.info
        scorer = JournaledScorer(self._scorer, journal, info)
        frames = journaled_frames(
            self._source,
            journal,
            before_sec=scorer.window.before_sec,
            clip_size=scorer.clip_size,
        )
        results = annotate_frames(
            frames,
            JournaledDetector(
                self._detector,
                journal,
                size=(info.width_px, info.height_px),
                is_reader=options.boxes is not None,
            ),
            scorer,
            options=PipelineOptions(
                stride_sec=self._stride_sec,
                detect_sec=options.detect_sec,
                threshold=self._threshold,
                person_threshold=self._person_threshold,
                max_labels=options.max_labels,
                allowed=self._allowed,
                batch_size=options.batch_size or self._default_batch,
                tracker=self._tracker,
            ),
            fps=float(info.fps),
            counts=self._counts,
        )
        return tqdm(
            results,
            total=self._source.expected_frames() or None,
            desc="annotate",
            unit="frame",
            dynamic_ncols=True,
            smoothing=0.05,
            disable=options.quiet,
        )

    def _report(
        self, outputs, segments: list[Segment], video: VideoInfo, *, interrupted: bool
    ) -> None:
        from rich.console import Console

        from stad.outputs.writers import segments_table

        for warning in [*self._source.warnings, *outputs.warnings]:
            print(f"warning: {warning}", file=sys.stderr)
        if interrupted:
            print(
                f"interrupted after {outputs.num_frames} frames ({outputs.last_sec:.1f} s): "
                "the files hold what was done by then; the same command with --resume goes on",
                file=sys.stderr,
            )
        if self._options.quiet:
            return
        console = Console()
        if outputs.num_actors == 0:
            console.print(f"nobody was found in {video.name}", markup=False)
        elif not segments:
            console.print(
                f"{outputs.num_actors} people were found, but no action reached the threshold "
                f"{self._threshold:g}: try a lower --threshold"
            )
        else:
            console.print(segments_table(segments, self._info.class_names))
        if alone := self._counts.report():
            console.print(alone, soft_wrap=True, highlight=False)
        for kind, path in outputs.written():
            console.print(f"{kind:<9} {path}", soft_wrap=True, highlight=False, markup=False)
