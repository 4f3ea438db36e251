"""AVA: 80 actions of the people in films; clips of 32 frames, about two seconds."""

from stad.video.window import Window

val_dataloader = dict(
    dataset=dict(
        window=dict(type=Window, num_frames=32, interval_frames=2),
        short_side_px=256,
        label_map="ava",
    )
)
