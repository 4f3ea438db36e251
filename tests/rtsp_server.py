"""Serves a video file by RTSP on the loopback address, until it is ended; run by Debian's Python.

/usr/bin/python3 tests/rtsp_server.py FILE.mp4 PORT
"""

import sys

PIPELINE = "( filesrc location={} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=1 )"


def main() -> None:
    """Serve the file to each client from its start."""
    import gi

    # The versions have to be chosen before the import.
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    path, port = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.format(path))
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit(f"port {port} cannot be used")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
