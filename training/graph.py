"""The network as an ONNX graph of the operators that onnxruntime runs fastest on a CPU, weights in 8 bits.

Written out rather than exported and quantised by tools, because theirs spends half of its time beside the matrices:
residual and norm in one operator take four times as long as in two, and the heads' pooling is a hundred small nodes.
What it computes is `Network.forward`, but for the 8 bits. Run it with basic optimisation: more joins the norms again.

The small heads come last, so that they can be cut off and fitted anew on what the rest gives.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from training.network import (
    CATEGORIES,
    DIMENSIONS,
    DISTRESS,
    HEADS,
    LABELS,
    LAYERS,
    READS,
    STATES,
    WIDTH,
    Layer,
    Network,
    SmallHead,
)

OPSET, FUSED = 17, "com.microsoft"
OUTPUTS = {
    "embedding": (WIDTH,),
    "labels": (LABELS,),
    "dimensions": (DIMENSIONS,),
    "categories": (CATEGORIES,),
    "states": (STATES,),
    "distress": (DISTRESS,),
}
FEATURES = {"means": (LAYERS + 1, WIDTH), "emotion": (WIDTH,)}
"""What `Network.features` gives, for the small heads to read."""


class Graph:
    """Nodes and weights in the order in which they are added; each node is known by the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, name: str = "", domain: str = "", **attributes: object) -> str:
        """Add a node of one output."""
        name = name or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name, domain=domain, **attributes))
        return name

    def split(self, value: str, **sizes: int) -> list[str]:
        """Cut the last axis into outputs of these names and sizes."""
        cuts = self.weight(list(sizes.values()))
        self.nodes.append(helper.make_node("Split", [value, cuts], list(sizes), axis=-1))
        return list(sizes)

    def weight(self, value: Tensor | np.ndarray | list[int]) -> str:
        """Add a constant."""
        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        self.weights.append(numpy_helper.from_array(np.asarray(array, order="C"), f"weight_{len(self.weights)}"))
        return self.weights[-1].name

    def reshaped(self, value: str, *shape: int) -> str:
        """Where the shape says 0 the axis stays as it is."""
        return self.node("Reshape", value, self.weight([*shape]))

    def exact(self, value: str, linear: nn.Linear, name: str = "") -> str:
        """A small matrix in full precision; `value` has two axes."""
        return self.node("Gemm", value, self.weight(linear.weight), self.weight(linear.bias), name=name, transB=1)

    def in_bytes(self, value: str, linear: nn.Linear) -> str:
        """A matrix with a byte a weight and a scale a column; `value` is scaled to bytes anew in each run."""
        rounded, scale = bytes_of(linear.weight.detach().numpy().T, axis=0)
        weights, scales, bias = map(self.weight, (rounded, scale[0], linear.bias))
        # Zero points are left out: given, even as zeros, they cost a pass over the result.
        return self.node("DynamicQuantizeMatMul", value, weights, scales, "", bias, domain=FUSED)

    def norm(self, value: str, norm: nn.LayerNorm) -> str:
        """Layer normalisation."""
        weights = self.weight(norm.weight), self.weight(norm.bias)
        return self.node("LayerNormalization", value, *weights, axis=-1, epsilon=norm.eps)

    def gelu(self, value: str) -> str:
        """By the error function, as torch has it."""
        return self.node("Gelu", value, domain=FUSED)


def bytes_of(matrix: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of -127 to 127, and the scale of each row or column along `axis`."""
    scale = np.maximum(np.abs(matrix).max(axis, keepdims=True), 1e-9) / 127
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)


def embedded(graph: Graph, network: Network) -> str:
    """Rows of the word table, each with a scale of its own, and of the positions."""
    rounded, scale = map(graph.weight, bytes_of(network.words.weight.detach().numpy(), axis=1))
    rows = graph.node("Cast", graph.node("Gather", rounded, "ids"), to=TensorProto.FLOAT)
    words = graph.node("Mul", rows, graph.node("Gather", scale, "ids"))
    length = graph.node("Slice", graph.node("Shape", "ids"), graph.weight([1]), graph.weight([2]))
    positions = graph.node("Slice", graph.weight(network.positions.weight), graph.weight([0]), length)
    return graph.norm(graph.node("Add", words, positions), network.embedding_norm)


def block(graph: Graph, layer: Layer, hidden: str, padding: str, number: int) -> str:
    """One transformer block. `padding` is 0 where a text has no token."""
    parts = {f"{part}_{number}": WIDTH for part in ("query", "key", "value")}
    qkv = graph.split(graph.in_bytes(hidden, layer.qkv), **parts)
    mixed = graph.node("MultiHeadAttention", *qkv, "", padding, domain=FUSED, num_heads=HEADS, mask_filter_value=-1e4)
    attention = graph.in_bytes(mixed, layer.attention_out)
    hidden = graph.norm(graph.node("Add", hidden, attention), layer.attention_norm)
    narrow = graph.in_bytes(graph.gelu(graph.in_bytes(hidden, layer.widen)), layer.narrow)
    return graph.norm(graph.node("Add", hidden, narrow), layer.norm)


def pooled(graph: Graph, network: Network, layers: list[str], mask: str) -> str:
    """Add each layer's mean, (texts, layers, width); return what the emotion head's hidden layer reads.

    All layers lie side by side, so that one product with the shares of the tokens gives every read of every layer.
    """
    wide = graph.node("Concat", *layers, axis=2)
    mix = network.reads.mix.softmax(0)
    # The bias moves all tokens' scores alike, which the softmax over them undoes.
    queries = (mix[:, None] * network.reads.query.weight[:, None, :]).reshape(READS, -1)
    scores = graph.node("FusedMatMul", graph.weight(queries), wide, domain=FUSED, transB=1)
    tokens = graph.node("Unsqueeze", mask, graph.weight([1]))
    off = graph.node("Mul", graph.node("Sub", tokens, graph.weight(np.float32(1))), graph.weight(np.float32(1e4)))
    count = graph.node("ReduceSum", tokens, graph.weight([2]), keepdims=1)
    reads = graph.node("Softmax", graph.node("Add", scores, off), axis=-1)
    shares = graph.node("Concat", reads, graph.node("Div", tokens, count), axis=1)
    read = graph.reshaped(graph.node("MatMul", shares, wide), 0, READS + 1, LAYERS + 1, WIDTH)
    graph.node("Gather", read, graph.weight(np.array(READS)), name="means", axis=1)
    return graph.reshaped(graph.node("MatMul", graph.weight(mix[None]), read), 0, (READS + 1) * WIDTH)


def small_head(graph: Graph, head: SmallHead, name: str, *beside: str) -> None:
    """A head that reads the layers' means and what is named."""
    mixed = graph.reshaped(graph.node("MatMul", graph.weight(head.mix.softmax(0)[None]), "means"), 0, WIDTH)
    hidden = graph.gelu(graph.in_bytes(graph.node("Concat", mixed, *beside, axis=1), head.hidden))
    graph.exact(hidden, head.out, name)


def small_heads(graph: Graph, category: SmallHead, state: SmallHead, distress: SmallHead) -> None:
    """The last nodes of the graph."""
    small_head(graph, category, "categories", "last")
    small_head(graph, state, "states", "last", "emotion")
    small_head(graph, distress, "distress", "last", "emotion")


def write_in_bytes(network: Network, path: Path) -> None:
    """Any number of texts of up to 512 tokens. State and distress mean nothing until `training.train_heads`."""
    graph = Graph()
    padding = graph.node("Cast", "mask", to=TensorProto.INT32)
    layers = [embedded(graph, network)]
    for number, layer in enumerate(network.layers):
        layers.append(block(graph, layer, layers[-1], padding, number))
    reads = pooled(graph, network, layers, graph.node("Cast", "mask", to=TensorProto.FLOAT))
    emotion = graph.node("Gelu", graph.in_bytes(reads, network.hidden), name="emotion", domain=FUSED)
    graph.node("Gather", "means", graph.weight(np.array(LAYERS)), name="last", axis=1)
    graph.node("LpNormalization", "last", name="embedding", axis=-1, p=2)
    graph.exact(emotion, network.labels, "labels")
    graph.exact(emotion, network.dimensions, "dimensions")
    small_heads(graph, network.category, SmallHead(3 * WIDTH, STATES), SmallHead(3 * WIDTH, DISTRESS))
    write(graph, path)


def write(graph: Graph, path: Path) -> None:
    """The file that is shipped."""
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in ("ids", "mask")]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, values(OUTPUTS), graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)],
        ir_version=8,
        producer_name="masterx",
    )
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def values(shapes: dict[str, tuple[int, ...]]) -> list[onnx.ValueInfoProto]:
    """Outputs of these names, a row a text."""
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", *shape]) for name, shape in shapes.items()]


def features_of(path: Path) -> bytes:
    """The model in the file with what its small heads read as outputs."""
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.extend(values(FEATURES))
    return bytes(model.SerializeToString())


def replace_small_heads(path: Path, category: SmallHead, state: SmallHead, distress: SmallHead) -> None:
    """Write the file anew with these heads; every other byte of its weights stays."""
    model = onnx.load(path)
    graph = Graph()
    for node in model.graph.node:
        graph.nodes.append(node)
        if "dimensions" in node.output:
            break
    used = {name for node in graph.nodes for name in node.input}
    graph.weights = [weight for weight in model.graph.initializer if weight.name in used]
    small_heads(graph, category, state, distress)
    write(graph, path)
