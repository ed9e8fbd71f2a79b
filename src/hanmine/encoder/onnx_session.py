"""Sessions of ONNX Runtime: on the processor, quiet, deterministic."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hanmine.encoder.cache import cached
from hanmine.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import onnxruntime

_FEATURE = "running a transformer directory with ONNX Runtime"


def runtime():
    """The package onnxruntime, without its telemetry.

    Its own switch comes too late: what is imported has written a session file to the folder of temporary files, and
    begun to report, before it can be called. The variable is read once, at the first import in a process.

    Raises
    ------
    MissingExtraError : it is not installed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(_FEATURE, "onnx") from error
    if hasattr(onnxruntime, "disable_telemetry_events"):
        onnxruntime.disable_telemetry_events()
    return onnxruntime


def open_session(
    model: bytes | Path, *, threads: int, values: Mapping[str, np.ndarray] | None = None, exact: bool = False
) -> onnxruntime.InferenceSession:
    """A session of `model` (serialized, or a file) whose external initializers are `values`.

    The arrays are not copied: they must outlive the session.
    exact : add products of 8 bits exactly on any processor.

    Raises
    ------
    InputError : ONNX Runtime cannot read the file.
    """
    ort = runtime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.use_deterministic_compute = True
    # Threads that wait for work in a loop take processors from whatever else runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    if exact and not adds_products_exactly():
        # Signed bytes become unsigned ones, whose products are added in 32 bits. With VNNI it would only be slower.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if values:
        handed = [ort.OrtValue.ortvalue_from_numpy(array) for array in values.values()]
        options.add_external_initializers(list(values), handed)
    source = model if isinstance(model, bytes) else str(model)
    # The fused sum and norm takes three times as long, on processors, as the two of which it is made.
    how = {"providers": ["CPUExecutionProvider"], "disabled_optimizers": ["SkipLayerNormFusion"]}
    if isinstance(model, bytes):
        return ort.InferenceSession(source, options, **how)
    try:
        return ort.InferenceSession(source, options, **how)
    except Exception as error:  # the runtime's errors have no common base of their own
        raise InputError(f"{model}: cannot be used by ONNX Runtime: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """The beginning of a message of the runtime, which may have several lines."""
    return " ".join(str(error).split())[:200]


@functools.cache
def adds_products_exactly() -> bool:
    """Whether the runtime adds products of an unsigned and a signed byte exactly on this processor.

    Where there is no VNNI it adds pairs of them in 16 bits, and saturates where a weight needs all of its 8 bits.
    """
    session = open_session(cached("onnx/product-of-bytes-1.onnx", _product_of_bytes), threads=1)
    left, right = np.full((8, 256), 255, np.uint8), np.full((256, 64), 127, np.int8)
    (product,) = session.run(None, {"left": left, "right": right})
    return bool((product == 256 * 255 * 127).all())


def _product_of_bytes() -> bytes:
    from onnx import TensorProto, helper

    inputs = [
        helper.make_tensor_value_info(name, kind, None)
        for name, kind in (("left", TensorProto.UINT8), ("right", TensorProto.INT8))
    ]
    output = helper.make_tensor_value_info("product", TensorProto.INT32, None)
    node = helper.make_node("MatMulInteger", ["left", "right"], ["product"])
    graph = helper.make_graph([node], "product", inputs, [output])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return model.SerializeToString()


def quantized_file(path: Path) -> bytes:
    """The ONNX model `path` with the weights of its linear layers in 8 bits, kept in the cache."""
    ort = runtime()
    # The weights may lie beside it, in model.onnx_data or model.onnx.data.
    states = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(path.parent.glob("*.onnx*"))]
    key = hashlib.sha256(repr((str(path.resolve()), states, ort.__version__)).encode()).hexdigest()
    return cached(f"onnx/{key}-int8.onnx", lambda: _quantize(path))


def _quantize(path: Path) -> bytes:
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise MissingExtraError("quantizing an ONNX model", "onnx") from error
    with tempfile.TemporaryDirectory() as folder, _no_warnings():
        target = Path(folder) / "model.onnx"
        quantize_dynamic(path, target, weight_type=QuantType.QInt8, per_channel=True)
        return target.read_bytes()


@contextlib.contextmanager
def _no_warnings():
    """Without the advice that the quantizer gives through the root logger."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)
