"""Write a self-contained HTML page from a template with styles, scripts and data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from stad.utils.files import AtomicFile

FOLDER = Path(__file__).parent
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def write_page(
    path: str | Path,
    template: Path,
    *,
    parts: Sequence[str],
    data: dict,
    stream: Iterable[str] = (),
) -> None:
    """Write a page that needs no network; it appears whole or not at all.

    Args:
        path: the HTML file to write.
        template: HTML file with the placeholders ``{{HEAD}}`` (what all pages have there, and
            styles), ``{{SCRIPT}}`` and ``{{DATA}}``.
        parts: names, without endings, of the .css and .js files in the folder of the template
            or of this module, in order; a part may have only one of the two.
        data: for the scripts, which read it as JSON; no NaN.
        stream: pieces for ``{{STREAM}}``, if the template has it: ASCII without '<', of any
            length.

    Raises:
        InputError: the page cannot be written.
    """
    text = template.read_text(encoding="utf-8")
    values = _values(template, parts, data)
    before, _, after = text.partition("{{STREAM}}")
    file = AtomicFile(path)
    try:
        file.write(_fill(before, **values))
        for piece in stream:
            file.write(piece)
        file.write(_fill(after, **values))
        file.close()
    except BaseException:
        file.abort()
        raise


def page_text(template: Path, *, parts: Sequence[str], data: dict) -> str:
    """Return a page as text; for the arguments see ``write_page``."""
    return _fill(template.read_text(encoding="utf-8"), **_values(template, parts, data))


def content_policy(page: str) -> str:
    """Return a Content-Security-Policy that allows the scripts of this page and no others."""
    hashes = [hashlib.sha256(one.encode()).digest() for one in SCRIPT.findall(page)]
    scripts = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {scripts or repr('none')}; style-src 'unsafe-inline'; "
        "connect-src 'self'; media-src 'self'; img-src 'self' data: blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _values(template: Path, parts: Sequence[str], data: dict) -> dict[str, str]:
    """Return what replaces the placeholders of a template."""
    head = (FOLDER / "head.html").read_text(encoding="utf-8")
    return {
        "HEAD": _fill(head, STYLE=_joined(template.parent, parts, ".css")),
        "SCRIPT": _joined(template.parent, parts, ".js"),
        "DATA": embedded_json(data),
    }


def embedded_json(data: dict) -> str:
    r"""Return JSON that is safe inside a script element: ASCII that cannot end the element.

    >>> embedded_json({"a": "</script>\u2028"})
    '{"a":"\\u003c/script>\\u2028"}'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _joined(folder: Path, parts: Sequence[str], suffix: str) -> str:
    places = dict.fromkeys((folder, FOLDER))
    files = [place / f"{part}{suffix}" for part in parts for place in places]
    return "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def _fill(template: str, **parts: str) -> str:
    """Replace each ``{{NAME}}`` of a template, in one pass: parts are not searched."""
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda mark: parts[mark[1]], template)
