"""I3D with its published weights against the published outputs.

SlowFast's parity is tested through the loader, in tests/zoo/test_loading.py.
"""

import numpy as np
import pytest
import torch

from stad import zoo
from tests.golden import golden


@pytest.mark.skipif(
    not zoo.is_cached(zoo.model_entry("i3d_k400").weights),
    reason="the weights of i3d_k400 are not in the cache; the demo fetches them",
)
def test_i3d_gives_the_reference_logits_with_its_published_weights():
    model = zoo.load("i3d_k400")
    shape = (1, 16, 224, 224, 3)
    clips = np.random.RandomState(0).uniform(-1, 1, shape).astype("float32")
    with torch.inference_mode():
        logits = model.score_clips(torch.from_numpy(clips).permute(0, 4, 1, 2, 3).contiguous())
    expected = torch.from_numpy(golden("i3d_k400")["logits"])
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)
