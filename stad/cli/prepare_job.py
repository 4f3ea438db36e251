"""Prepare data sets as the options of ``stad prepare`` say, and print what there is."""

from __future__ import annotations

from collections.abc import Callable

from tqdm import tqdm

from stad.annotations.label_maps import class_names
from stad.cli.log_lines import print_line
from stad.cli.prepare_options import (
    PrepareAvaKineticsOptions,
    PrepareAvaOptions,
    PrepareKineticsOptions,
    PreparePosesOptions,
    PrepareTubesOptions,
    PrepareYoutube8mOptions,
)
from stad.datasets.prepare import published_lists, youtube8m
from stad.datasets.prepare.ava import (
    Downloads,
    Wanted,
    unpack_annotations,
    wanted_files,
    wanted_videos,
)
from stad.datasets.prepare.ava_kinetics import (
    ARCHIVE_URL,
    KINETICS_FILES,
    check_ava,
    find_kinetics_clips,
    find_kinetics_files,
    match_rows,
    unpack_kinetics_files,
    write_ava_kinetics,
)
from stad.datasets.prepare.poses.files import fetch_videos, write_splits
from stad.datasets.prepare.poses.videos import VIDEOS
from stad.datasets.prepare.tube_lists import TubeLists
from stad.datasets.prepare.video_lists import write_lists
from stad.errors import InputError, one_line

# Maximum number of failures in a message.
SHOWN_FAILURES = 5
MAX_FPS = 1000


def prepare_ava(options: PrepareAvaOptions) -> None:
    """Fetch AVA.

    Raises:
        InputError: a file could not be fetched; the others were.
    """
    downloads = Downloads(options.folder, check=options.check)
    wanted = wanted_files(options.only, options.version)
    failed = []
    count = 0
    while wanted:
        one = wanted.pop(0)
        try:
            path = downloads.fetch(one)
        except InputError as error:
            # The other films are fetched all the same.
            failed.append(str(error))
            continue
        count += 1
        if path.suffix == ".zip":
            unpack_annotations(path)
        if path.suffix == ".txt":
            ids = frozenset(options.videos) if options.videos else None
            wanted += wanted_videos(path, ids)
    print(f"{count} files are complete in {options.folder}")
    if failed:
        shown = [f"  {one}" for one in failed[:SHOWN_FAILURES]]
        raise InputError(
            f"{len(failed)} files could not be fetched.",
            lines=[*shown, "Run the same command to try again."],
        )


def prepare_ava_kinetics(options: PrepareAvaKineticsOptions) -> None:
    """Write the lists of AVA-Kinetics.

    Raises:
        InputError: AVA or the clips of Kinetics are missing.
    """
    # Before the download, so that what is missing is reported at once.
    check_ava(options.ava)
    clips = find_kinetics_clips(options.kinetics)
    if options.annotations is None:
        name = f"annotations/{ARCHIVE_URL.rpartition('/')[2]}"
        archive = Downloads(options.folder).fetch(Wanted(ARCHIVE_URL, name))
        files = unpack_kinetics_files(archive)
    else:
        files = find_kinetics_files(options.annotations)
    for part, file in files.items():
        rows = match_rows(file, clips)
        path = write_ava_kinetics(options.folder, part, ava=options.ava, rows=rows)
        total = rows.keyframes + rows.missing
        print(
            f"{path}: AVA v2.2, and {rows.keyframes} of {total} keyframes of Kinetics have a clip"
        )
    if "val" not in files:
        print_line(
            f"There is no validation list: {KINETICS_FILES['val']} is not beside "
            f"{options.annotations}.",
        )


def prepare_tubes(options: PrepareTubesOptions, prepare: Callable[..., TubeLists]) -> None:
    """Run a function of ``stad.datasets.prepare.tube_sets`` and print what it wrote.

    Raises:
        InputError: an option cannot be used, or something is missing.
    """
    if options.every is not None and options.every < 1:
        raise InputError(f"--every must be 1 or more, got {options.every}.")
    check_frames_fps(options.frames_fps)
    written = prepare(
        options.folder,
        annotations=options.annotations,
        videos=options.videos,
        frames_fps=options.frames_fps,
        every=options.every,
    )
    for name, (videos, keyframes) in written.counts.items():
        print(f"{written.folder / name}: {videos} videos, {keyframes} keyframes")
    for note in written.notes:
        print_line(note)


def check_frames_fps(fps: float | None) -> None:
    """Raise InputError unless the rate of extracted frames is one that a video has."""
    if fps is not None and not 0 < fps <= MAX_FPS:
        raise InputError(f"--frames-fps must be above 0 and at most {MAX_FPS}, got {fps:g}.")


def check_sources(options: PrepareKineticsOptions) -> None:
    """Raise InputError unless there is one kind of annotations and one order of classes at most."""
    kinds = (options.files, options.ucf101, options.hmdb51, options.class_folders)
    if sum(bool(one) for one in kinds) != 1:
        raise InputError("Give exactly one of --files, --ucf101, --hmdb51 and --class-folders.")
    if options.label_map and options.classes:
        raise InputError("--label-map and --classes cannot be used together.")


def prepare_kinetics(options: PrepareKineticsOptions) -> None:
    """Write the lists of videos and print how much there is.

    Raises:
        InputError: the options do not fit each other, or a file cannot be read.
    """
    check_sources(options)
    videos = options.videos or options.folder
    if options.files:
        lists = published_lists.read_files(options.files)
    elif options.ucf101:
        lists = published_lists.read_ucf101(options.ucf101, options.split)
    elif options.hmdb51:
        lists = published_lists.read_hmdb51(options.hmdb51, options.split)
    else:
        lists = published_lists.read_class_folders(videos, options.class_folders)
    classes = class_names(options.label_map) if options.label_map else None
    if options.classes:
        classes = published_lists.read_class_file(options.classes)
    written = write_lists(
        options.folder,
        lists,
        videos=videos,
        classes=classes,
        label_map=options.label_map or options.classes,
        probe=options.probe,
    )
    lines = map(str, (*written.notes, *written.splits))
    print(*map(one_line, lines), sep="\n")


def prepare_poses(options: PreparePosesOptions) -> None:
    """Fetch the videos of postures with a progress bar, then print how many rows there are."""
    with tqdm(total=len(VIDEOS), unit="video", desc="videos") as bar:
        missing = fetch_videos(
            options.folder / "videos", source=options.source, on_video=bar.update
        )
    for name, error in missing.items():
        how = "To have it, give a folder that has it with --from."
        print_line(f"{name} is left out, with its annotations: {error} {how}")
    for name, count in write_splits(options.folder, missing=missing).items():
        print(f"{options.folder / name}: {count} rows")


def prepare_youtube8m(options: PrepareYoutube8mOptions) -> None:
    """Print how many shards of YouTube-8M there are.

    Raises:
        InputError: shards are missing or faulty.
    """
    splits = youtube8m.find_splits(options.folder)
    for line in youtube8m.list_splits(splits):
        print(line, flush=True)
    if options.read:
        counts = youtube8m.check_splits(splits, processes=options.processes)
        print("", *youtube8m.count_table(counts), sep="\n", flush=True)
        youtube8m.raise_faults([fault for one in counts.values() for fault in one.faults])
    youtube8m.raise_faults(youtube8m.faults_of_headers(splits))
