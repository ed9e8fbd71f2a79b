"""Writing an ONNX graph node by node, and the pieces that all layouts share.

The graph is written for ONNX Runtime: besides the standard operators it uses that runtime's own fused ones (domain
`com.microsoft`), whose semantics are in its ContribOperators.md. It holds no weights: these are declared with their
shapes and handed to the session from the mapped file, so that a serialized graph has a few kilobytes for any model.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from hanmine.errors import InputError

CONTRIB = "com.microsoft"
# Opset 17 is the first with LayerNormalization; both are read by every ONNX Runtime since 1.13.
_OPSET, _IR_VERSION = 17, 8
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
LOWEST = float(np.finfo(np.float32).min)

# The activations by the names that transformers uses for them.
_GELU_TANH = ("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh")
_GELU_ERF = ("gelu", "gelu_python")
_PLAIN = {"relu": "Relu", "tanh": "Tanh", "linear": "Identity"}
ACTIVATIONS = (*_GELU_ERF, *_GELU_TANH, "silu", "swish", "quick_gelu", *_PLAIN)


@dataclass(frozen=True)
class Weight:
    """Where the values of an initializer come from: rows of a tensor of the file, as they are or quantized.

    part : "values" [out, in] float32; "int8" [in, out] and "scales" [out] of the matrix in 8 bits.
    """

    tensor: str
    shape: tuple[int, ...]
    rows: tuple[int, int] | None = None
    part: str = "values"


@dataclass
class Graph:
    """The nodes, weights and tables of a graph in the making; what is passed between its methods are names of values.

    int8 : whether linear layers multiply numbers of 8 bits.
    """

    int8: bool = False
    weights: dict[str, Weight] = field(default_factory=dict)
    tables: dict[str, np.ndarray] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    _nodes: list[tuple] = field(default_factory=list)
    _constants: dict[str, np.ndarray] = field(default_factory=dict)
    _quantized: dict[str, tuple[str, str]] = field(default_factory=dict)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node(self, operator: str, *inputs: str, domain: str = "", results: int = 1, **attributes) -> str | list[str]:
        """Add a node; the names of its first `results` results (a bare name for one). An input "" is left out."""
        names = [f"{operator}_{len(self._nodes)}" + (f"_{index}" if index else "") for index in range(results)]
        self._nodes.append((operator, domain, inputs, tuple(names), tuple(sorted(attributes.items()))))
        return names[0] if results == 1 else names

    def contrib(self, operator: str, *inputs: str, results: int = 1, **attributes) -> str | list[str]:
        return self.node(operator, *inputs, domain=CONTRIB, results=results, **attributes)

    def constant(self, values: np.ndarray) -> str:
        """A small array that is part of the graph; equal ones are kept once."""
        content = hashlib.sha256(values.tobytes()).hexdigest()
        name = f"constant_{values.dtype}_{'x'.join(map(str, values.shape))}_{content[:16]}"
        self._constants[name] = values
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def table(self, name: str, values: np.ndarray) -> str:
        """An array of float32 or uint8 that is computed, not read, and handed to the session beside the weights."""
        dtype = np.uint8 if values.dtype == np.uint8 else np.float32
        self.tables[name] = np.ascontiguousarray(values, dtype)
        return name

    def weight(self, tensor: str, *shape: int, rows: tuple[int, int] | None = None, part: str = "values") -> str:
        name = tensor + (f"[{rows[0]}:{rows[1]}]" if rows else "") + ("" if part == "values" else f"#{part}")
        self.weights[name] = Weight(tensor, shape, rows, part)
        return name

    def output(self, name: str, value: str) -> None:
        self._nodes.append(("Identity", "", (value,), (name,), ()))
        self.outputs.append(name)

    # -- shared pieces -----------------------------------------------------------------------------------------------

    def gather(self, tensor: str, shape: tuple[int, int], indices: str) -> str:
        """Rows of an embedding table."""
        return self.node("Gather", self.weight(tensor, *shape), indices, axis=0)

    def matmul(self, x: str, tensor: str, width: int, out: int, rows: tuple[int, int] | None = None) -> str:
        """x Wᵀ for the tensor W [out, width], or for some `rows` of it: a linear layer without its bias."""
        if not self.int8:
            return self.contrib("FusedMatMul", x, self.weight(tensor, out, width, rows=rows), transB=1)
        quantized, scales = self._quantize(x, width)
        matrix, columns = (self.weight(tensor, out, width, rows=rows, part=part) for part in ("int8", "scales"))
        one, middle = self.constant(np.array(1, np.float32)), self.constant(np.array(128, np.uint8))
        product = self.contrib("MatMulIntegerToFloat", quantized, matrix, one, columns, middle)
        count = out if rows is None else rows[1] - rows[0]
        front = self.node("Slice", self.node("Shape", x), self.integers(0), self.integers(-1))
        shape = self.node("Concat", front, self.integers(count), axis=0)
        return self.node("Reshape", self.node("Mul", product, scales), shape)

    def _quantize(self, x: str, width: int) -> tuple[str, str]:
        """x as [tokens, width] in 8 bits around 128, and the scale of each token [tokens, 1].

        A scale for each token, not one for all (as the runtime's own dynamic quantization has it): one outlier spoils
        no other token, and a sentence gets the same vector in any batch.
        """
        if x not in self._quantized:
            flat = self.node("Reshape", x, self.integers(-1, width))
            highest = self.node("ReduceMax", flat, axes=[1], keepdims=1)
            largest = self.node("Max", highest, self.node("Neg", self.node("ReduceMin", flat, axes=[1], keepdims=1)))
            scales = self.node("Mul", largest, self.constant(np.array(1 / 127, np.float32)))
            scales = self.node("Max", scales, self.constant(np.array(1e-30, np.float32)))
            column = self.node("Reshape", scales, self.integers(-1))
            middles = self.node("Expand", self.constant(np.array([128], np.uint8)), self.node("Shape", column))
            self._quantized[x] = self.node("QuantizeLinear", flat, column, middles, axis=0), scales
        return self._quantized[x]

    def linear(self, x: str, name: str, width: int, out: int) -> str:
        return self.node("Add", self.matmul(x, f"{name}.weight", width, out), self.weight(f"{name}.bias", out))

    def layer_norm(self, x: str, name: str, width: int, epsilon: float, *, bias: bool = True) -> str:
        beta = [self.weight(f"{name}.bias", width)] if bias else []
        return self.node("LayerNormalization", x, self.weight(f"{name}.weight", width), *beta, axis=-1, epsilon=epsilon)

    def activation(self, x: str, kind: str, bias: str = "") -> str:
        """activation(x + bias)."""
        if kind in _GELU_ERF:
            return self.contrib("BiasGelu", x, bias) if bias else self.contrib("Gelu", x)
        if kind in _GELU_TANH:
            return self.contrib("FastGelu", x, *([bias] if bias else []))
        if bias:
            x = self.node("Add", x, bias)
        if kind in _PLAIN:
            return self.node(_PLAIN[kind], x)
        # x sigmoid(alpha x), of which silu is the case alpha = 1
        return self.contrib("QuickGelu", x, alpha=1.702 if kind == "quick_gelu" else 1.0)

    def first_token(self, x: str) -> str:
        return self.node("Gather", x, self.constant(np.array(0, np.int64)), axis=1)

    def tokens(self) -> str:
        """The number of tokens of the batch as an array of one."""
        return self.node("Slice", self.node("Shape", "input_ids"), self.integers(1), self.integers(2))

    # -- the finished graph ------------------------------------------------------------------------------------------

    def digest(self) -> str:
        """A key of everything that `serialize` writes."""
        constants = sorted((name, values.tobytes()) for name, values in self._constants.items())
        tables = sorted((name, _type(values), values.shape) for name, values in self.tables.items())
        weights = sorted((name, _stored(weight)) for name, weight in self.weights.items())
        key = repr((_OPSET, _IR_VERSION, self._nodes, self.outputs, constants, tables, weights))
        return hashlib.sha256(key.encode()).hexdigest()

    def serialize(self) -> bytes:
        """The graph as an ONNX model. Needs the package `onnx`."""
        from onnx import TensorProto, helper, numpy_helper

        used = {name for node in self._nodes for name in node[2]}
        nodes = [
            helper.make_node(operator, inputs, results, domain=domain, **dict(attributes))
            for operator, domain, inputs, results, attributes in self._nodes
        ]
        stored = [(name, *_stored(weight)) for name, weight in self.weights.items()]
        stored += [(name, _type(table), table.shape) for name, table in self.tables.items()]
        initializers = [numpy_helper.from_array(values, name) for name, values in self._constants.items()]
        for name, dtype, shape in stored:
            tensor = TensorProto(name=name, data_type=TensorProto.DataType.Value(dtype), dims=shape)
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="handed-to-the-session")
            initializers.append(tensor)
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in INPUTS
            if name in used
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self.outputs]
        model = helper.make_model(
            helper.make_graph(nodes, "encoder", inputs, outputs, initializers),
            producer_name="hanmine",
            ir_version=_IR_VERSION,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)],
        )
        return model.SerializeToString(deterministic=True)


def _type(table: np.ndarray) -> str:
    """The ONNX type of a table."""
    return "UINT8" if table.dtype == np.uint8 else "FLOAT"


def _stored(weight: Weight) -> tuple[str, tuple[int, ...]]:
    """The ONNX type and shape of an initializer."""
    shape = weight.shape if weight.rows is None else (weight.rows[1] - weight.rows[0], *weight.shape[1:])
    if weight.part == "int8":
        return "INT8", shape[::-1]
    return "FLOAT", shape if weight.part == "values" else shape[:1]


def check_activation(kind: str, where: str) -> str:
    """`kind` where the graph knows that activation.

    Raises
    ------
    InputError : it does not.
    """
    if kind not in ACTIVATIONS:
        raise InputError(
            f"{where}: the activation {kind!r} is not supported (only {', '.join(ACTIVATIONS)}): use the torch back end"
        )
    return kind
