"""Check that the project uses the words of the field; prints file:line, the word and a better one.

Docstrings begin with a verb or a noun, not with a question word.

Files and folders on the command line replace those of the project. It needs nothing installed, and
exits with code 1 if there are findings.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = (
    *("stad", "tools", "demo", "benchmarks", "configs", "docs"),
    *("README.md", "CONTRIBUTING.md"),
)
SUFFIXES = (".py", ".md", ".js", ".html")
# Pattern -> what to say instead. Words are also found inside of identifiers, such as num_pictures.
WORDS = {
    r"pictures?": "frame or image",
    r"sounds?": "audio",
    r"rims?": "edge",
    r"anew": "again",
    r"nobody|somebody|anybody|whoever": "no person, a person or the user",
    r"at hand": "available",
    r"go(es)? on with|going on with": "continue",
    r"(?<!there )(?<!that )is no(?! longer| more)": "is not",
    r"of then": "the earlier ...",
    r"stands? for": "means or represents",
    r"tells? of": "says or reports",
    r"likewise": "also, or repeat it",
    r"by then": "until that time",
    r"so long as": "while or if",
    r"so many": "this many, or the number",
    r"(?<!\d )shares? of": "fraction or ratio",
    r"(?<!at )least(?! recently| squares)": "minimum, lowest or fewest",
    r"most_(?!common)\w+": "max or maximum",
    r"for people(?=[.,:;)\n])": "for the user, or leave it out",
}
DOCSTRING = re.compile(r"\s*(What|Where|How|Which|Whether|Those)\b")
DOCSTRING_ADVICE = "begin with a verb (Return whether ...), a noun, or 'True if' for a property"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# (file, part of the line): real uses, such as names in other libraries.
ALLOWED: tuple[tuple[str, str], ...] = (
    ("tools/check_words.py", ""),
    ("docs/style.md", ""),
    # An option of configs, a kind of mistake in report.json, and "do most of them fit?".
    ("", "most_repeats"),
    ("stad/report/", "nobody"),
    ("stad/annotations/checks/times.py", "most_fit"),
    # Labels of data sets are quoted as they are.
    ("stad/annotations/label_maps/", ""),
)
PATTERNS = {
    re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", re.IGNORECASE): advice
    for pattern, advice in WORDS.items()
}


def findings(places: list[Path]) -> Iterator[str]:
    """Yield a line for each word in these files and folders that the project avoids."""
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.suffix not in SUFFIXES:
                continue
            name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            text = path.read_text(encoding="utf-8")
            for number, line in enumerate(text.splitlines(True), 1):
                for pattern, advice in PATTERNS.items():
                    match = pattern.search(line)
                    if match and not _is_allowed(path, line):
                        yield f"{name}:{number}: '{match[0].strip()}': say {advice}"
            if path.suffix == ".py":
                for number, word in _question_docstrings(text):
                    yield f"{name}:{number}: '{word}': {DOCSTRING_ADVICE}"


def _question_docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the first word of each docstring that begins with a question word."""
    try:
        nodes = ast.walk(ast.parse(text))
    except SyntaxError:
        # It is reported by other tools.
        return
    for node in nodes:
        if not isinstance(node, DOCUMENTED):
            continue
        if match := DOCSTRING.match(ast.get_docstring(node, clean=False) or ""):
            yield node.body[0].lineno, match[1]


def _is_allowed(path: Path, line: str) -> bool:
    return any(file in path.as_posix() and part in line for file, part in ALLOWED)


def main() -> int:
    """Print the findings in the places of the command line and return the exit code."""
    places = [Path(word) for word in sys.argv[1:]] or [ROOT / name for name in PLACES]
    if missing := [str(place) for place in places if not place.exists()]:
        print(f"error: {', '.join(missing)}: no such file or folder", file=sys.stderr)
        return 2
    found = list(findings(places))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
