"""Report who does what now, while cameras, streams and files play."""
