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


def test_docstrings_that_begin_with_a_question_word_are_reported(tmp_path):
    text = '"""Whether it is."""\n\n\nclass A:\n    r"""What is read."""\n\n'
    text += '    @property\n    def b(self):\n        """\n        Where it ends.\n        """\n'
    text += '\n\ndef whatever():\n    """Return what is read."""\n    return """What?"""\n'
    (tmp_path / "a.py").write_text(text)
    code, lines = check(tmp_path)
    words = [line.removeprefix(f"{tmp_path}/a.py:").partition(": begin")[0] for line in lines]
    assert (code, words) == (1, ["1: 'Whether'", "5: 'What'", "9: 'Where'"])
