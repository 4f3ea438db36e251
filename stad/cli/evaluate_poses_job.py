"""Annotate clips and judge them, for all people, or for each with weights that never saw them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from stad.annotations.listed_videos import check_folder, find_videos
from stad.annotations.posture_folder import PostureFolder, read_posture_folder
from stad.annotations.postures import PostureClip, only_people
from stad.cli.evaluate_poses_options import EvaluatePosesOptions
from stad.cli.log_lines import line_log
from stad.cli.posture_tables import POOLED
from stad.errors import InputError
from stad.evaluation.posture_clips import JudgedClip, judge_clip
from stad.evaluation.posture_summary import PostureSummary, summarize
from stad.inference.build import match_labels
from stad.inference.options import InferenceOptions
from stad.inference.posture_clips import find_postures
from stad.utils.text import shown
from stad.video.source import VideoSource

FALL = "fall down"


@dataclass(frozen=True)
class ClipRun:
    """One clip to annotate.

    Attributes:
        clip: its annotations, of the people who count.
        path: of the video.
        options: how to annotate it.
        groups: annotations of each group of people that the clip counts for.
    """

    clip: PostureClip
    path: Path
    options: InferenceOptions
    groups: Mapping[str, PostureClip]


def evaluate_poses(options: EvaluatePosesOptions) -> dict[str, PostureSummary]:
    """Annotate the clips of a folder and return the figures of each person and of all together.

    Raises:
        InputError: the folder, a video, a model or an option cannot be used.
    """
    folder = read_posture_folder(options.data)
    chosen = match_labels(options.labels, folder.postures)
    judged = frozenset(range(len(folder.postures))) if chosen is None else chosen
    clips = _chosen_clips(options, folder)
    paths = _find_paths(clips, options.data / "videos")
    plain = InferenceOptions.from_options(options, without=("labels", "max_labels"))
    with ExitStack() as stack:
        if options.leave_one_out is None:
            runs = _runs(clips, paths, plain)
        else:
            work_dir = options.work_dir or Path(stack.enter_context(TemporaryDirectory()))
            runs = _left_out_runs(
                options.leave_one_out,
                clips,
                paths,
                plain,
                data=options.data,
                work_dir=work_dir,
                seeds=options.seeds,
                log=line_log(quiet=options.quiet),
            )
        groups: dict[str, list[JudgedClip]] = defaultdict(list)
        for name, one in _judge(options, runs, folder):
            groups[name].append(one)
    # The sum comes last.
    names = [*sorted(name for name in groups if name != POOLED), POOLED]
    return {name: summarize(groups[name], folder.postures, judged=judged) for name in names}


def _chosen_clips(options: EvaluatePosesOptions, folder: PostureFolder) -> list[PostureClip]:
    """Return the clips and people that the options name."""
    clips = list(folder.clips)
    if options.videos:
        clips = [one for one in clips if any(fnmatch(one.video, text) for text in options.videos)]
        if not clips:
            names = [one.video for one in folder.clips]
            raise InputError(
                f"--videos: no clip is named {', '.join(options.videos)}. There are {shown(names)}."
            )
    known = sorted({who for one in clips for who in one.subjects if who})
    wanted = options.people or (tuple(known) if options.leave_one_out else ())
    if missing := [who for who in wanted if who not in known]:
        raise InputError(
            f"--people: no person is named {missing[0]!r} in people.csv. There are {shown(known)}."
        )
    if options.leave_one_out and not wanted:
        raise InputError(
            f"--leave-one-out needs {options.data / 'people.csv'}, which says who is who "
            "(video,person,subject). Write it, or leave out this option."
        )
    if not wanted:
        return clips
    kept = [only_people(one, _numbers(one, wanted)) for one in clips]
    return [one for one in kept if len(one.keyframes.time_sec)]


def _numbers(clip: PostureClip, subjects: Sequence[str]) -> list[int]:
    """Return the people of a clip who are one of these."""
    return [number for number, who in enumerate(clip.subjects) if who in subjects]


def _find_paths(clips: Sequence[PostureClip], videos: Path) -> dict[str, Path]:
    """Return the file of each clip."""
    check_folder(videos)
    files = {Path(name).stem: videos / name for name in reversed(find_videos(videos))}
    if missing := [one.video for one in clips if one.video not in files]:
        raise InputError(
            f"{len(missing)} of {len(clips)} clips are not in {videos}: {shown(missing)}. Add "
            "them, or choose others with --videos."
        )
    return {one.video: files[one.video] for one in clips}


def _runs(
    clips: Sequence[PostureClip], paths: Mapping[str, Path], options: InferenceOptions
) -> list[ClipRun]:
    """Return one run of each clip; it counts for all people, and for each who has a name."""
    runs = []
    for clip in clips:
        names = [who for who in dict.fromkeys(clip.subjects) if who]
        parts = {who: only_people(clip, _numbers(clip, [who])) for who in names}
        # Those whom an option leaves out have no annotations here.
        groups = {who: part for who, part in parts.items() if len(part.keyframes.time_sec)}
        runs.append(ClipRun(clip, paths[clip.video], options, {POOLED: clip, **groups}))
    return runs


def _left_out_runs(
    config: Path,
    clips: Sequence[PostureClip],
    paths: Mapping[str, Path],
    plain: InferenceOptions,
    *,
    data: Path,
    work_dir: Path,
    seeds: int,
    log: Callable[[str], None],
) -> list[ClipRun]:
    """Train without each person, and return the runs of that person's clips."""
    from stad.engine.posture_folds import train_without
    from stad.zoo.lookup import name_of_config

    # A name of the zoo has the thresholds and times that suit the model.
    named = replace(plain, model=name_of_config(config) or str(config))
    runs = []
    for who in sorted({who for one in clips for who in one.subjects if who}):
        own = [only_people(one, _numbers(one, [who])) for one in clips]
        own = [one for one in own if len(one.keyframes.time_sec)]
        people = {
            (one.video, name)
            for one in own
            for name, subject in zip(one.people, one.subjects, strict=True)
            if subject == who
        }
        if not own:
            continue
        for seed in range(seeds):
            log(f"train     {config} without {who}, seed {seed}")
            folder = work_dir / (f"{who}_seed{seed}" if seed else who)
            weights = train_without(people, config, data=data, work_dir=folder, seed=seed)
            tuned = replace(named, weights=str(weights))
            runs += [ClipRun(one, paths[one.video], tuned, {POOLED: one, who: one}) for one in own]
    return runs


def _judge(
    options: EvaluatePosesOptions, runs: Sequence[ClipRun], folder: PostureFolder
) -> Iterator[tuple[str, JudgedClip]]:
    """Annotate the clips with a progress bar, and yield each by the groups it counts for."""
    fall = folder.postures.index(FALL) if FALL in folder.postures else None
    total = sum(VideoSource(run.path).expected_frames() for run in runs)
    log = _once(line_log(quiet=options.quiet))
    with tqdm(
        total=total, unit="frame", dynamic_ncols=True, smoothing=0.05, disable=options.quiet
    ) as bar:
        for number, run in enumerate(runs, start=1):
            bar.set_description(f"clip {number} of {len(runs)}")
            found = find_postures(
                run.path,
                folder.postures,
                run.options,
                given=run.clip.keyframes if options.given_boxes else None,
                on_frame=bar.update,
                log=log,
            )
            for name, clip in run.groups.items():
                yield name, judge_clip(clip, found, fall=fall)


def _once(log: Callable[[str], None]) -> Callable[[str], None]:
    """Return what logs each line once, whatever the number of clips."""
    known: set[str] = set()

    def write(line: str) -> None:
        if line not in known:
            known.add(line)
            log(line)

    return write
