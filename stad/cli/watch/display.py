"""Show the stream with boxes and actions in a window, some seconds late."""

from __future__ import annotations

import os
import sys

import cv2

from stad.errors import InputError
from stad.inference.frame_store import StoredFrame
from stad.outputs.drawing import draw_actors

CLOSE_KEYS = (ord("q"), 27)


class DisplayWindow:
    """Shows frames with people and actions in a window; used in the main thread only.

    Args:
        title: of the window.
        class_names: of the model.

    Raises:
        InputError: there is no display, or OpenCV was built without windows.
    """

    def __init__(self, title: str, class_names: tuple[str, ...]) -> None:
        is_headless = not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        # Without a display, OpenCV's windows end the process without an exception.
        if sys.platform.startswith("linux") and is_headless:
            raise InputError(
                "--show needs a display, but DISPLAY is not set. Leave --show out, or run in a "
                "desktop session."
            )
        self._title, self._class_names = title, class_names
        self.is_closed = False
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        except cv2.error as error:
            raise InputError(
                "--show needs an OpenCV with windows. Install opencv-python, not its headless "
                "variant, or leave --show out."
            ) from error

    def show(self, kept: StoredFrame) -> None:
        """Show a frame with its result."""
        image = kept.image()
        if kept.result is not None:
            result = kept.result
            image = draw_actors(
                image, result.actors, result.labels, self._class_names, unsure=result.unsure
            )
        cv2.imshow(self._title, image[..., ::-1])

    def poll(self) -> None:
        """Handle the window's input; 'q', Escape or its close button close it."""
        is_gone = cv2.pollKey() & 0xFF in CLOSE_KEYS
        if is_gone or cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            self.is_closed = True

    def close(self) -> None:
        """Remove the window."""
        cv2.destroyAllWindows()
