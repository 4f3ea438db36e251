"""The pages of the documentation, and the scripts that wrap a command."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# The scripts that wrap a command, by their command.
SCRIPTS = {
    "demo/detect_video.py": "annotate",
    "demo/watch.py": "watch",
    "demo/recognize_video.py": "recognize",
    "demo/tag_videos.py": "tag",
    "tools/extract_features.py": "features",
    "tools/train.py": "train",
    "tools/test.py": "test",
    "tools/eval_ava.py": "evaluate ava",
    "tools/eval_segments.py": "evaluate segments",
    "tools/eval_tubes.py": "evaluate tubes",
    "tools/tune_localizer.py": "tune",
    **{
        f"tools/prepare_{name}.py": f"prepare {name}"
        for name in (
            *("ava", "ava_kinetics", "jhmdb", "kinetics", "multisports", "poses"),
            *("ucf101_24", "youtube8m"),
        )
    },
}
