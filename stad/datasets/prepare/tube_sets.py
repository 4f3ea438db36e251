"""Prepare UCF101-24, JHMDB-21 and MultiSports: fetch what is open, read it, write the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from stad.annotations.jhmdb import find_masks, read_jhmdb
from stad.annotations.tubes import TubeAnnotations, read_tube_annotations
from stad.annotations.ucf101_24 import with_test_list
from stad.datasets.prepare.archives import check_md5, unpack_zip
from stad.datasets.prepare.ava import Downloads, Wanted
from stad.datasets.prepare.frame_proposals import write_frame_proposals
from stad.datasets.prepare.tube_lists import TUBES, TubeLists, write_tube_lists
from stad.errors import InputError

ANNOTATIONS = "annotations"
UCF_URL = "https://raw.githubusercontent.com/gurkirt/corrected-UCF101-Annots/master/"
UCF_ANNOTATIONS, UCF_TEST = "pyannot.pkl", "testlist01.txt"
UCF_VIDEOS = "https://www.crcv.ucf.edu/data/UCF101/UCF101.rar"
# Neighbouring frames show the same: without this a pass has more clips than AVA.
UCF_EVERY = 4
JHMDB_URL = "http://files.is.tue.mpg.de/jhmdb/"
# The MD5s are those that users of the files record.
JHMDB_FILES = {
    "splits.zip": "15b9f2f7a99d63c07f3be0c9ecde43b5",
    "puppet_mask.zip": "eebf6c6c71faa16709b709b758710d17",
    "JHMDB_video.zip": "0aca5af988892c8c2afe652a30544b8c",
}
JHMDB_VIDEOS = "ReCompress_Videos"
MULTISPORTS_ANNOTATIONS = "trainval/multisports_GT.pkl"
MULTISPORTS_EVERY = 4


def prepare_ucf101_24(
    folder: str | Path,
    *,
    annotations: str | Path | None = None,
    test_list: str | Path | None = None,
    videos: str | Path | None = None,
    frames_fps: float | None = None,
    every: int | None = None,
) -> TubeLists:
    """Fetch the corrected annotations of UCF101-24, and write its lists.

    Args:
        folder: of the data set.
        annotations: pyannot.pkl, finalAnnots.mat or UCF101v2-GT.pkl; None fetches pyannot.pkl.
        test_list: testlist01.txt; None fetches it where the annotations have no splits.
        videos: of UCF101, in folders of classes; None for 'videos' in the folder.
        frames_fps: as in ``write_tube_lists``.
        every: as in ``write_tube_lists``; None for ``UCF_EVERY``.

    Raises:
        InputError: something is missing; says how to get it.
    """
    folder = Path(folder)
    videos = _videos_folder(
        folder / "videos" if videos is None else Path(videos),
        f"Download {UCF_VIDEOS} (6.5 GB), unpack it ('unrar x UCF101.rar') and give the folder of "
        "the classes with --videos",
    )
    if annotations is None:
        how = f"Or get {UCF_ANNOTATIONS} yourself and give it with --annotations"
        annotations = _fetch(folder, UCF_URL, UCF_ANNOTATIONS, how=how)
    found = read_tube_annotations(annotations)
    if not found.test:
        if test_list is None:
            how = f"Or get {UCF_TEST} yourself and give it with --test-list"
            test_list = _fetch(folder, UCF_URL, UCF_TEST, how=how)
        found = with_test_list(found, test_list)
    every = UCF_EVERY if every is None else every
    return write_tube_lists(folder, found, videos=videos, frames_fps=frames_fps, every=every)


def prepare_jhmdb(
    folder: str | Path,
    *,
    annotations: str | Path | None = None,
    videos: str | Path | None = None,
    frames_fps: float | None = None,
    every: int | None = None,
) -> TubeLists:
    """Fetch the masks, splits and videos of JHMDB-21, and write its lists.

    Args:
        folder: of the data set.
        annotations: a folder with the masks and splits, or JHMDB-GT.pkl; None fetches the masks
            and splits into the folder, and the videos too where ``videos`` is None.
        videos: in folders of classes; None for those that are fetched.
        frames_fps: as in ``write_tube_lists``.
        every: as in ``write_tube_lists``; None for 1.

    Raises:
        InputError: something is missing; says how to get it.
    """
    folder = Path(folder)
    wanted = [] if annotations is not None else ["splits.zip", "puppet_mask.zip"]
    wanted += [] if videos is not None else ["JHMDB_video.zip"]
    for name in wanted:
        archive = folder / name
        if not archive.is_file():
            how = f"Or put {name} of {JHMDB_URL} into {folder} yourself"
            archive = _fetch(folder, JHMDB_URL, name, below="", how=how)
        check_md5(archive, JHMDB_FILES[name])
        unpack_zip(archive, folder)
    annotations = folder if annotations is None else Path(annotations)
    videos = _videos_folder(
        folder / JHMDB_VIDEOS if videos is None else Path(videos),
        f"Unpack JHMDB_video.zip of {JHMDB_URL} and give the folder of the classes with --videos",
    )
    found = _read_masks(annotations) if annotations.is_dir() else read_tube_annotations(annotations)
    return write_tube_lists(folder, found, videos=videos, frames_fps=frames_fps, every=every or 1)


def prepare_multisports(
    folder: str | Path,
    *,
    annotations: str | Path | None = None,
    videos: str | Path | None = None,
    frames_fps: float | None = None,
    every: int | None = None,
    person_boxes: Sequence[str | Path] = (),
) -> TubeLists:
    """Check MultiSports, which has to be requested, and write its lists.

    Args:
        folder: of the data set.
        annotations: multisports_GT.pkl; None for ``MULTISPORTS_ANNOTATIONS`` in the folder.
        videos: in folders of sports; None for 'trainval' in the folder.
        frames_fps: as in ``write_tube_lists``.
        every: as in ``write_tube_lists``; None for ``MULTISPORTS_EVERY``.
        person_boxes: published pickles, which are written as annotations/boxes_NAME.npz.

    Raises:
        InputError: something is missing; says how to get it.
    """
    folder = Path(folder)
    how = (
        "MultiSports (CC BY-NC 4.0) is given after a registration: accept its terms at "
        "https://huggingface.co/datasets/MCG-NJU/MultiSports or "
        "https://github.com/MCG-NJU/MultiSports, and put multisports_GT.pkl and the unpacked "
        f"folders of sports into {folder / 'trainval'}, or name them with --annotations and "
        "--videos"
    )
    path = folder / MULTISPORTS_ANNOTATIONS if annotations is None else Path(annotations)
    if not path.is_file():
        raise InputError(f"There is no file {path}. {how}.")
    videos = _videos_folder(folder / "trainval" if videos is None else Path(videos), how)
    every = MULTISPORTS_EVERY if every is None else every
    found = read_tube_annotations(path)
    written = write_tube_lists(folder, found, videos=videos, frames_fps=frames_fps, every=every)
    notes = list(written.notes)
    # With the rates of the videos.
    complete = read_tube_annotations(written.folder / TUBES) if person_boxes else found
    for one in map(Path, person_boxes):
        target = written.folder / f"boxes_{one.stem}.npz"
        count, skipped = write_frame_proposals(one, target, complete)
        notes.append(f"{target}: {count} frames; {skipped} of videos that are not in the lists.")
    return replace(written, notes=tuple(notes))


def _read_masks(folder: Path) -> TubeAnnotations:
    with tqdm(total=len(find_masks(folder)), unit="video", desc="masks", leave=False) as bar:
        return read_jhmdb(folder, on_video=bar.update)


def _videos_folder(videos: Path, how: str) -> Path:
    if not videos.is_dir():
        raise InputError(f"There is no folder of videos {videos}. {how}.")
    return videos


def _fetch(folder: Path, url: str, name: str, *, how: str, below: str = f"{ANNOTATIONS}/") -> Path:
    try:
        return Downloads(folder).fetch(Wanted(url + name, below + name))
    except InputError as error:
        raise InputError(f"{error} {how}.") from error
