"""The word list: words that the project avoids are found, their real uses are not."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "check_words.py"


def check(path):
    done = subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def test_avoided_words_are_reported_with_their_line_and_a_better_word(tmp_path):
    text = "# All pictures.\nx = num_pictures\nat least 3, most_common\nThere is no file.\n"
    (tmp_path / "a.py").write_text(text + "It is no file, with the least score.\n")
    assert check(tmp_path) == (
        1,
        [
            f"{tmp_path}/a.py:1: 'pictures': say frame or image",
            f"{tmp_path}/a.py:2: 'pictures': say frame or image",
            f"{tmp_path}/a.py:5: 'is no': say is not",
            f"{tmp_path}/a.py:5: 'least': say minimum, lowest or fewest",
        ],
    )


def test_plain_text_passes(tmp_path):
    (tmp_path / "a.md").write_text("The frames sounded; a grim picturesque rime, at least once.\n")
    assert check(tmp_path) == (0, [])
