"""Kinetics-400: one of 400 actions per clip; clips of 32 frames, about two seconds."""

from stad.video.window import Window

val_dataloader = dict(
    dataset=dict(
        window=dict(type=Window, num_frames=32, interval_frames=2),
        short_side_px=256,
        label_map="kinetics400",
    )
)
