"""A network that dies, hangs or is killed, by the colour of what it sees."""

import os
import signal
import time
from pathlib import Path

from stad.models.backbones.resnet3d import ResNet3d
from stad.registry import MODELS

# Names a file; it is there once a process was killed.
VARIABLE = "STAD_TEST_KILLED"
# Seconds that each clip takes longer.
PAUSE_VARIABLE = "STAD_TEST_PAUSE"
# Normalised values beyond these are white, or black.
WHITE, BLACK = 1.8, -1.5


@MODELS.register_module()
class FailingResNet3d(ResNet3d):
    """``ResNet3d`` that dies of white clips and hangs in black ones, and others."""

    def forward(self, clips):
        """As in ``ResNet3d``, or not at all."""
        mean = float(clips.float().mean())
        if mean > WHITE:
            os.kill(os.getpid(), signal.SIGSEGV)
        if mean < BLACK:
            time.sleep(3600)
        time.sleep(float(os.environ.get(PAUSE_VARIABLE, 0)))
        mark = os.environ.get(VARIABLE)
        if mark and not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(clips)
