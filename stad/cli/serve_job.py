"""Start the service, and end it cleanly."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import closing

from stad.cli.log_lines import line_log, print_line
from stad.cli.serve_options import ServeOptions
from stad.errors import EXIT_OK, InputError
from stad.inference.options import InferenceOptions
from stad.serving.app import build_app
from stad.serving.live import check_live
from stad.serving.service import Service
from stad.serving.settings import MB, ServiceSettings
from stad.serving.tokens import VARIABLE, Tokens, read_tokens
from stad.utils.files import make_folder
from stad.utils.interrupt import StopRequest
from stad.utils.web_server import StoppableServer, open_socket


def serve(options: ServeOptions) -> int:
    """Serve until Ctrl-C or SIGTERM; return the exit code.

    Raises:
        InputError: an address, a folder, a model or an option cannot be used.
    """
    tokens = read_tokens(options.token_file)
    settings = settings_of(options)
    make_folder(settings.folder)
    log = line_log(quiet=options.quiet)
    with closing(open_socket(options.port, host=options.host)) as listener:
        check_public(listener, options.host, tokens)
        with StopRequest() as stop:
            service = Service(settings, log=log)
            try:
                service.start()
                if service.wait_until_ready(lambda: stop.requested):
                    _run(service, tokens, listener, options, stop)
            finally:
                service.stop()
    print_line("Stopped. The queue continues with the next start.")
    return EXIT_OK


def settings_of(options: ServeOptions) -> ServiceSettings:
    """Return the settings that the options ask for.

    Raises:
        InputError: a name of a live source cannot be used.
    """
    live = dict(one.split("=", 1) for one in options.live)
    check_live(live)
    return ServiceSettings(
        folder=options.data.resolve(),
        inference=InferenceOptions.from_options(options),
        num_workers=options.workers,
        max_bytes=round(options.max_size_mb * MB),
        max_length_sec=options.max_length_sec,
        max_queue=options.max_queue,
        max_uploads=options.max_uploads,
        rate=options.rate,
        keep_days=options.keep_days,
        videos=None if options.videos is None else options.videos.resolve(),
        allow_urls=options.allow_urls,
        allow_private=options.allow_private,
        live=live,
        allow_live_urls=options.allow_live_urls,
        max_live=options.max_live,
    )


def check_public(listener: socket.socket, host: str, tokens: Tokens) -> None:
    """Raise InputError for an address that others can reach, without a token."""
    address = listener.getsockname()[0].partition("%")[0]
    if not tokens.is_needed and not ipaddress.ip_address(address).is_loopback:
        raise InputError(
            f"--host {host} can be reached from other machines: anyone there could use the "
            f"service. Set {VARIABLE} or give --token-file; or leave --host out."
        )


def _run(
    service: Service,
    tokens: Tokens,
    listener: socket.socket,
    options: ServeOptions,
    stop: StopRequest,
) -> None:
    """Answer requests until the service should stop."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving on http://{shown}:{port}/ (the API: /docs)", flush=True)
    if not options.quiet:
        with_token = "with a token" if tokens.is_needed else "from this machine"
        print_line(f"clients   {with_token}; data in {service.settings.folder}")

    def should_stop() -> bool:
        if stop.requested and not service.hub.is_closed:
            # Streams of events would keep the server open.
            service.hub.close()
        return stop.requested

    StoppableServer(
        build_app(service, tokens),
        should_stop=should_stop,
        proxy_headers=options.proxy is not None,
        forwarded_allow_ips=options.proxy or "",
    ).run(sockets=[listener])
