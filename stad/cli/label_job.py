"""Open a folder of videos and serve its label page."""

from __future__ import annotations

from tqdm import tqdm

from stad.annotations.own.folder import LABELS, OwnFolder
from stad.cli.label_options import LabelOptions
from stad.errors import one_line
from stad.inference.options import InferenceOptions
from stad.labeling.address import SERVER, open_address
from stad.labeling.app import build_app
from stad.labeling.class_names import known_classes, set_classes
from stad.labeling.preparation import FAILED, Preparation, VideoState
from stad.labeling.project import LabelProject
from stad.labeling.proposals import Proposals
from stad.labeling.serving import open_browser, page_url, serve
from stad.own_classes.moved_videos import follow_moved_videos
from stad.own_classes.people import PeopleFinder
from stad.utils.locks import only_run_in
from stad.utils.text import shown


def label(options: LabelOptions) -> int:
    """Serve the page of a folder until Ctrl-C; return the exit code.

    Raises:
        InputError: the folder or an option cannot be used, or the page is served already.
    """
    folder = OwnFolder(options.data)
    busy = (
        f"The label page of {folder.path} is served already. Use that page, or end the other "
        "'stad label' first."
    )
    with only_run_in(folder.cache_path(SERVER), busy=busy, log=print):
        return _label(folder, options)


def _label(folder: OwnFolder, options: LabelOptions) -> int:
    videos = folder.videos()
    for line in follow_moved_videos(folder):
        print(one_line(line))
    names = set_classes(folder, options.classes) if options.classes else known_classes(folder)
    listener, token = open_address(folder, options.port)
    with PreparationBar(len(videos), quiet=options.quiet) as bar:
        finder = PeopleFinder(
            folder,
            detector=options.detector,
            options=InferenceOptions(
                detector_weights=options.detector_weights, device=options.device
            ),
            log=bar.log,
        )
        proposals = Proposals(folder, log=bar.log)
        preparation = Preparation(
            folder, finder, more_work=proposals.compute_next, on_change=bar.show
        )
        project = LabelProject(folder, preparation, proposals)
        url = page_url(listener, token)

        def begin() -> None:
            _print_start(options, url, num_videos=len(videos), names=names)
            preparation.start()

        try:
            serve(build_app(project, token), listener, on_start=begin)
        finally:
            preparation.stop()
    print(f"\nStopped. The labels are in {folder.path / LABELS}.")
    return 0


def _print_start(
    options: LabelOptions, url: str, *, num_videos: int, names: tuple[str, ...]
) -> None:
    what = "1 video" if num_videos == 1 else f"{num_videos} videos"
    classes = f"classes {shown(names, limit=12)}" if names else "no classes yet: add them there"
    is_opened = not options.no_browser and open_browser(url)
    print(f"Label {what} of {options.data} ({classes})")
    print(f"{'Your browser opens' if is_opened else 'Open in your browser'}: {url}")
    port = url.split("/")[2].split(":")[1]
    if not is_opened:
        print(
            f"From another computer, first run there: ssh -L {port}:127.0.0.1:{port} THIS_MACHINE"
        )
    print("Labels are saved as you go. Press Ctrl-C here to stop.", flush=True)


class PreparationBar:
    """Shows how many videos are prepared, and lines about what was chosen or failed.

    Args:
        num_videos: of the folder.
        quiet: show failures only.
    """

    def __init__(self, num_videos: int, *, quiet: bool) -> None:
        self._quiet, self._done = quiet, {}
        self._bar = tqdm(
            total=num_videos,
            desc="preparing videos",
            unit=" videos",
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total} "
            "[{elapsed}<{remaining}, {rate_noinv_fmt}]",
            dynamic_ncols=True,
            # Without a terminal, lines are enough.
            disable=True if quiet else None,
        )

    def __enter__(self) -> PreparationBar:
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()

    def log(self, line: str) -> None:
        """Print a line."""
        if not self._quiet:
            self._bar.write(one_line(line))

    def show(self, video: str, state: VideoState) -> None:
        """Take the state of a video."""
        if state.state == FAILED:
            text = f"warning: {video} cannot be labelled. {state.message}"
            self._bar.write(one_line(text))
        self._done[video] = 1.0 if state.state == FAILED else state.progress
        self._bar.total = max(self._bar.total, len(self._done))
        self._bar.update(sum(self._done.values()) - self._bar.n)
