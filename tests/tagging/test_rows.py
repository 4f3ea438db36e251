"""Vectors are copied into large pieces of memory."""

import numpy as np

from stad.tagging.rows import FIRST_ROWS, Rows


def test_rows_keep_what_was_added():
    rows, given = Rows(), np.arange(3.0 * (2 * FIRST_ROWS + 5), dtype=np.float32).reshape(-1, 3)
    for one in given:
        rows.append(one)
    assert len(rows) == len(given)
    np.testing.assert_array_equal(rows.values, given)


def test_rows_do_not_keep_the_vector_itself():
    rows, one = Rows(), np.ones(3, np.float32)
    rows.append(one)
    one[:] = 0
    assert rows.values.tolist() == [[1, 1, 1]]
