"""Stamps of packets in decoding order, by hand."""

from stad.video.display_order import DisplayOrder


def test_frames_take_the_stamps_in_order():
    order = DisplayOrder()
    # Decoded I P B B, shown I B B P; the decoder holds back a frame.
    for stamp in (1.0, 2.0, 3.0):
        order.add(stamp)
    assert order.stamp_of(1.0, is_key=True) == 1.0
    order.add(4.0)
    shown = [order.stamp_of(own, is_key=False) for own in (3.0, 4.0, 2.0)]
    assert shown == [2.0, 3.0, 4.0]


def test_a_key_frame_brings_back_what_got_lost():
    order = DisplayOrder()
    for stamp in (1.0, 2.0, 3.0, 4.0, 5.0):
        order.add(stamp)
    assert order.stamp_of(1.0, is_key=True) == 1.0
    # The packets of 2 and 3 gave no frame.
    assert order.stamp_of(4.0, is_key=True) == 4.0
    assert order.stamp_of(5.0, is_key=False) == 5.0
    assert order.stamp_of(6.0, is_key=False) == 6.0
