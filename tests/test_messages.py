"""Messages of InputError are sentences: a capital letter at the start, a period at the end."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import stad
from stad.errors import InputError

PACKAGE = Path(stad.__file__).parent
# A capital letter, a quoted word, or an option.
START = re.compile(r"""[A-Z'"]|--[a-z]""")
END = re.compile(r"[.?]$")


def problems(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each message that is not a sentence.

    Only texts that are literals or f-strings are read. A text may begin and end with a formatted
    value, about which the source says nothing.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) == InputError.__name__ and node.args:
            text = node.args[0]
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            first, last = _literal(parts[0]), _literal(parts[-1])
            is_open = first is not None and not START.match(first)
            if is_open or (last is not None and not END.search(last)):
                yield node.lineno, ast.unparse(text)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def _literal(part: ast.expr) -> str | None:
    is_text = isinstance(part, ast.Constant) and isinstance(part.value, str)
    return part.value if is_text else None


def test_messages_are_sentences():
    found = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in problems(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "is_sentence"),
    [
        ("'Give a name.'", True),
        ("'--fps must be above 0.'", True),
        ("\"'fps' must be above 0.\"", True),
        ("f'{path} is empty. Get it again.'", True),
        ("f'Cannot write {path}: {reason}'", True),
        ("text", True),
        ("'give a name.'", False),
        ("'Give a name'", False),
        ("f'no file {path}'", False),
        ("f'{path} is empty (0 bytes)'", False),
    ],
)
def test_the_rule_itself(text, is_sentence):
    assert (not list(problems(f"raise InputError({text})"))) is is_sentence
