"""Run ``stad serve``: annotate the videos that clients send over HTTP."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.serve_options import ServeOptions, check_options
from stad.errors import InputError

DESCRIPTION = """Serve stad over HTTP: clients send videos and get who does what, when and where.

A page in the browser takes videos and shows the queue and the results; /docs describes the same
for programs. Press Ctrl-C to stop: the queue, and a video that is half done, continue next time."""
EXAMPLES = (
    "--data /srv/stad",
    "--data /srv/stad --host 0.0.0.0 --token-file tokens.txt --videos /srv/videos",
    "--data /srv/stad --live door=rtsp://10.0.0.2/stream yard=rtsp://10.0.0.3/stream",
)
EVERYDAY = (
    *("data", "host", "port", "token_file", "model", "max_size_mb", "max_length_sec"),
    *("max_queue", "keep_days"),
)
PACKAGES = {
    "fastapi": "fastapi",
    "python_multipart": "python-multipart",
    "prometheus_client": "prometheus-client",
}


def serve_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad serve`` and return the exit code."""
    options = parse(
        ServeOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )
    check_options(options)
    check_packages()
    from stad.cli.serve_job import serve

    return serve(options)


def check_packages() -> None:
    """Raise InputError if a package of the extra ``serve`` is not installed."""
    missing = [name for module, name in PACKAGES.items() if not importlib.util.find_spec(module)]
    if missing:
        raise InputError(
            f"The service needs {', '.join(missing)}, which plain stad does without. "
            "Run: pip install 'stad[serve]', then start it again."
        )
