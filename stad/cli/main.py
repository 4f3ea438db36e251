"""Run ``stad``, the command of commands: one word for each job."""

from __future__ import annotations

import sys

from stad.cli.commands import Command, choose, find_command
from stad.errors import run_script

DESCRIPTION = "Find who does what, when and where in video."
COMMANDS = (
    Command(
        "annotate",
        "stad.cli.annotate:annotate_main",
        "annotate a video file with people, their ids and actions",
        options="stad.cli.annotate_options:AnnotateOptions",
        is_supervised=True,
    ),
    Command(
        "watch",
        "stad.cli.watch.command:watch_main",
        "watch a camera or a stream and report events as they happen",
        options="stad.cli.watch.options:WatchOptions",
        is_supervised=True,
    ),
    Command(
        "recognize",
        "stad.cli.recognize:recognize_main",
        "name what a video shows as a whole",
        options="stad.cli.recognize_options:RecognizeOptions",
        is_supervised=True,
    ),
    Command(
        "tag",
        "stad.cli.tag:tag_main",
        "tag whole videos, a folder of them at once",
        options="stad.cli.tag_options:TagOptions",
        is_supervised=True,
    ),
    Command(
        "corpus",
        "stad.cli.corpus:corpus_main",
        "annotate many videos, and keep the results in tables",
        options="stad.cli.corpus_options:CorpusOptions",
        is_supervised=True,
    ),
    Command(
        "find",
        "stad.cli.find:find_main",
        "find actions in the videos that a corpus holds, with clips and a page",
        options="stad.cli.find_options:FindOptions",
        is_supervised=True,
    ),
    Command(
        "label",
        "stad.cli.label:label_main",
        "label the people in your own videos, on a page in your browser",
        options="stad.cli.label_options:LabelOptions",
        is_supervised=True,
    ),
    Command(
        "serve",
        "stad.cli.serve:serve_main",
        "annotate videos that clients send over HTTP, with a page and an API",
        options="stad.cli.serve_options:ServeOptions",
        is_supervised=True,
    ),
    Command(
        "features",
        "stad.cli.features:features_main",
        "describe each second of your videos, for a tagger",
        options="stad.cli.features_options:FeaturesOptions",
        is_supervised=True,
    ),
    Command(
        "prepare",
        "stad.cli.prepare:prepare_main",
        "fetch and check a data set, and write its lists",
        commands="stad.cli.prepare:COMMANDS",
    ),
    Command(
        "train",
        "stad.cli.train:train_main",
        "train a model",
        options="stad.cli.train_options:TrainOptions",
        is_supervised=True,
    ),
    Command(
        "test",
        "stad.cli.test:checkpoint_main",
        "evaluate a checkpoint or a published model on its data",
        options="stad.cli.train_options:CheckpointOptions",
        is_supervised=True,
    ),
    Command(
        "evaluate",
        "stad.cli.evaluate:evaluate_main",
        "evaluate own classes, files of detections (ava, segments, tubes), or postures (poses)",
        commands="stad.cli.evaluate:COMMANDS",
        for_folder="folder",
    ),
    Command(
        "import",
        "stad.cli.import_labels:import_main",
        "import labels of CVAT, VIA, Label Studio, COCO and others for your own videos",
        options="stad.cli.import_options:ImportOptions",
    ),
    Command(
        "check",
        "stad.cli.check:check_main",
        "check your own labels, the annotations of a config, or a file",
        commands="stad.cli.check:COMMANDS",
        for_folder="folder",
    ),
    Command(
        "tune",
        "stad.cli.tune:tune_main",
        "fit thresholds and times of segments to annotated videos",
        options="stad.cli.tune_options:TuneOptions",
    ),
    Command(
        "export",
        "stad.cli.export:export_main",
        "write a model as one file that runs without torch, ONNX or OpenVINO",
        options="stad.cli.export_options:ExportOptions",
        is_supervised=True,
    ),
    Command(
        "models",
        "stad.cli.models:models_main",
        "list models, detectors, labels or trackers",
        options="stad.cli.models:ModelsOptions",
    ),
    Command(
        "completion",
        "stad.cli.completion:completion_main",
        "print the completion script of a shell",
        options="stad.cli.completion:CompletionOptions",
    ),
)
NOTES = ('Completion in bash: eval "$(stad completion bash)"; also zsh and fish.',)
PROG = "stad"
COMPLETION = "--tyro-print-completion"


def main() -> None:
    """Run the command ``stad``."""
    words = sys.argv[1:]
    command = find_command(COMMANDS, words)
    if command is not None and command.is_supervised:
        from stad.cli.run import run_command

        run_command(lambda: stad_main(words))
    else:
        run_script(lambda: stad_main(words))


def stad_main(words: list[str]) -> int | None:
    """Run a command line and return its exit code."""
    if words[:1] == ["--version"]:
        import stad

        print(f"stad {stad.__version__}")
        return None
    if words[:1] == [COMPLETION]:
        words = ["completion", *words[1:]]
    command = choose(COMMANDS, words, prog=PROG, description=DESCRIPTION, notes=NOTES)
    return None if command is None else command.run(words[1:], prog=PROG)
