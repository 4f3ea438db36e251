"""A file server on this machine that counts what it is asked for."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Files:
    """What a server has: path -> bytes; and how often each was asked for.

    Attributes:
        url: of the server, without a slash at the end.
        claimed_bytes: a Content-Length to claim instead of the true one.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.claimed_bytes: int | None = None
        self.url = ""


@contextlib.contextmanager
def serve():
    """Run a server of ``Files`` in a thread."""
    files = Files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            files.requests.append(self.path)
            body = files.content.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            size = len(body) if files.claimed_bytes is None else files.claimed_bytes
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    files.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
