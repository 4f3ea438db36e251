"""Networks that run in the other libraries as they do in torch."""

import warnings

import numpy as np
import pytest
import torch


def check_in_runtimes(network, inputs, path, *, any_size=False):
    """Export a module to ONNX, run it in OpenVINO and ONNX Runtime, and compare with torch."""
    openvino, onnxruntime = (pytest.importorskip(name) for name in ("openvino", "onnxruntime"))
    with torch.inference_mode():
        expected = [network(one) for one in inputs]
    names = [f"map{i}" for i in range(len(expected[0]))]
    free = {0: "n", 2: "height", 3: "width"} if any_size else {0: "n"}
    axes = {"images": free}
    if any_size:
        axes |= {name: {0: "n", 2: f"{name}_height", 3: f"{name}_width"} for name in names}
    else:
        axes |= {name: {0: "n"} for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (inputs[0],),
            path,
            dynamo=False,
            opset_version=17,
            input_names=["images"],
            output_names=names,
            dynamic_axes=axes,
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    model = openvino.Core().read_model(path)
    shape = [-1, 3, -1, -1] if any_size else [-1, *inputs[0].shape[1:]]
    model.reshape({"images": shape})
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for one, maps in zip(inputs, expected, strict=True):
        for found in (session.run(None, {"images": one.numpy()}), compiled(one.numpy()).values()):
            for values, correct in zip(found, maps, strict=True):
                np.testing.assert_allclose(values, correct.numpy(), atol=1e-4)
