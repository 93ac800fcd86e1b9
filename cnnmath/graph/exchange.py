"""Networks as node-link JSON, networkx's own format, with every operator in the compact notation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnmath.errors import CnnmathError, DataError, GraphError, NotationError, clip, unknown
from cnnmath.graph.architecture import INPUT, UNNAMED, Architecture
from cnnmath.graph.checks import check_network
from cnnmath.graph.notation import symbol
from cnnmath.graph.opaque import Opaque, known_kind
from cnnmath.graph.plain import as_list, as_name, as_text, check_keys, decoded, lacks, text_of, unusable, wrong
from cnnmath.graph.propagate import shapes
from cnnmath.graph.sources import SOURCES
from cnnmath.ops import Operator
from cnnmath.ops.checks import check_input_shape
from cnnmath.ops.notation import describe, parse
from cnnmath.ops.syntax import LARGEST, read_value
from cnnmath.window import Shape, Size

if TYPE_CHECKING:
    import networkx as nx

VERSION = 1
"""Version of the format."""

MANY = 1000
"""Above so many nodes, a message does not list them."""

FILE, GRAPH = ("directed", "multigraph", "graph", "nodes", "edges"), ("name", "input_shape", "version")
NODE, EDGE = ("id", "op", "inputs", "shares", "stored", "output_shape"), ("source", "target")


def to_json(net: Architecture) -> dict[str, Any]:
    """A network as plain data: what ``networkx.node_link_data(..., edges="edges")`` gives, operators as text.

    Raises
    ------
    NotationError
        For a name or a size that would not be read back unchanged.

    Examples
    --------
    >>> from cnnmath.graph.notation import parse
    >>> data = to_json(parse("conv(8, 3) > relu", (3, 8, 8), "small"))
    >>> data["graph"]
    {'name': 'small', 'input_shape': [3, 8, 8], 'version': 1}
    >>> data["nodes"][1], data["edges"][1]
    ({'op': 'conv(8, 3)', 'inputs': ['input'], 'shares': None, 'id': 'conv1'}, {'source': 'conv1', 'target': 'relu1'})
    """
    import networkx as nx

    if not isinstance(check_network(net).name, str):
        raise wrong("the network", "name", "is no text", net.name, "give it a name")
    graph = nx.DiGraph(name=net.name, input_shape=_sizes_out(net.input_shape, "the network"), version=VERSION)
    for node in net.nodes:
        if not isinstance(node, str):
            raise wrong("the network", "id", "is no text", node, "name nodes with texts")
        op = None if node == INPUT else net.op(node)
        graph.add_node(node, op=op and _op_out(op, node), inputs=list(net.inputs(node)), shares=net.shares(node))
        if net.nodes[node].stored:
            graph.nodes[node]["stored"] = list(net.nodes[node].stored)
        if isinstance(op, Opaque) and op.output_shape is not None:
            graph.nodes[node]["output_shape"] = _sizes_out(op.output_shape, f"node '{node}'")
    graph.add_edges_from(net.graph.edges)
    return nx.node_link_data(graph, edges="edges")


def from_json(data: Any) -> Architecture:
    """A network from plain data: the inverse of `to_json`.

    An operator that the package does not know becomes `Opaque`, with the ``output_shape`` of its node. A name where a
    number is expected is a size left open. The edges may be left out, since the inputs say them; where they are given,
    they must agree.

    Raises
    ------
    NotationError, GraphError, UnknownNameError, SettingError, ShapeError
        For data that is no network; the message names the node and the key.

    Examples
    --------
    >>> nodes = [{"id": "stem", "op": "conv(8, 3)", "inputs": ["input"]}]
    >>> net = from_json({"graph": {"name": "small", "input_shape": [3, 8, 8]}, "nodes": nodes})
    >>> net
    Architecture 'small': input (3, 8, 8), 1 operator, output 'stem'
    """
    import networkx as nx

    check_keys(data, "the file", FILE, ("graph", "nodes"))
    for key, wanted in (("directed", True), ("multigraph", False)):
        if data.get(key, wanted) is not wanted:
            raise wrong("the file", key, f"is not {str(wanted).lower()}", data[key], "networks are directed graphs")
    attributes = data["graph"]
    check_keys(attributes, "'graph'", GRAPH, ("input_shape",))
    version = attributes.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise wrong("'graph'", "version", "is not known", version, f"this release reads version {VERSION}")
    name = as_text(attributes.get("name", UNNAMED), "'graph'", "name")
    graph = nx.DiGraph(name=name)
    declared = {}
    known: dict[str, Operator] = {}
    for i, entry in enumerate(as_list(data["nodes"], "the file", "nodes")):
        node, record, shape = _node(entry, i, known)
        if node in graph:
            raise GraphError("the name is taken.", fix="give every node its own name").at(f"node '{clip(node)}'")
        graph.add_node(node, **record)
        if shape is not None:
            declared[node] = shape
    if "edges" in data:
        _check_edges(graph, as_list(data["edges"], "the file", "edges"))
    _check_read(graph)
    net = Architecture.from_graph(graph, _sizes_in(attributes["input_shape"], "'graph'", "input_shape"))
    _check_declared(net, declared)
    return net


def save(net: Architecture, path: str | Path) -> None:
    """Write a network into a file of JSON.

    Raises
    ------
    NotationError, DataError
        As `to_json` does, and where the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from cnnmath import zoo
    >>> with TemporaryDirectory() as folder:
    ...     save(zoo.lenet5(), Path(folder, "net.json"))
    ...     load(Path(folder, "net.json"))
    Architecture 'lenet5': input (1, 32, 32), 12 operators, output 'linear5'
    """
    if isinstance(path, Architecture):
        fix = f"save(net, {str(net)!r})"
        raise DataError("the network comes first, and then the file.", here=clip(f"save({net!r}, ...)"), fix=fix)
    text = json.dumps(to_json(net), indent=1) + "\n"
    try:
        Path(path).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise unusable(path, "written", error) from None


def load(path: str | Path) -> Architecture:
    """Read a network from a file of JSON.

    Raises
    ------
    CnnmathError
        Where the file cannot be read, is no JSON (with line and column), or is no network (with node and key).

    Examples
    --------
    >>> load("missing.json")
    Traceback (most recent call last):
    ...
    cnnmath.errors.DataError: 'missing.json': the file cannot be read.
      here    No such file or directory
      fix     name another file
    """
    text = text_of(path)
    try:
        return from_json(decoded(text))
    except CnnmathError as error:
        error.lines["file"] = str(path)
        raise


def _node(entry: Any, i: int, known: dict[str, Operator]) -> tuple[str, dict[str, Any], Shape | None]:
    """A node's name, its attributes, and the output shape that it declares."""
    named = isinstance(entry, dict) and isinstance(entry.get("id"), str)
    where = f"node '{clip(entry['id'])}'" if named else f"entry {i} of 'nodes'"
    check_keys(entry, where, NODE, ("id", "op"))
    node = as_name(entry["id"], where, "id")
    shares = None if entry.get("shares") is None else as_name(entry["shares"], where, "shares")
    stored = tuple(as_name(operand, where, "stored") for operand in as_list(entry.get("stored", []), where, "stored"))
    shape = None if entry.get("output_shape") is None else _sizes_in(entry["output_shape"], where, "output_shape")
    if node == INPUT:
        if any(entry.get(key) for key in ("op", "inputs", "shares", "stored", "output_shape")):
            raise NotationError("the input is no operator.", fix="give it op null and inputs []").at(where)
        return node, {"op": None, "inputs": (), "shares": None}, None
    if "inputs" not in entry:
        raise lacks(where, "inputs")
    inputs = tuple(as_name(read, where, "inputs") for read in as_list(entry["inputs"], where, "inputs"))
    text = as_text(entry["op"], where, "op")
    try:
        if known_kind(text) is None and text.partition("(")[0] not in SOURCES:
            return node, {"op": Opaque(text, shape), "inputs": inputs, "shares": shares, "stored": stored}, None
        if text not in known:
            known[text] = parse(text, symbol, SOURCES)
    except CnnmathError as error:
        raise _inside(error, where) from None
    return node, {"op": known[text], "inputs": inputs, "shares": shares, "stored": stored}, shape


def _check_read(graph: nx.DiGraph[str]) -> None:
    """Raise where a node reads one, or shares the parameters of one, that is not there."""
    for node, entry in graph.nodes(data=True):
        for read in (*entry["inputs"], *([] if entry["shares"] is None else [entry["shares"]])):
            if read not in graph and read != INPUT:
                many = len(graph) > MANY
                error = GraphError(f"there is no node '{clip(read)}'.") if many else unknown("node", read, graph)
                raise error.at(f"node '{clip(node)}'")


def _check_edges(graph: nx.DiGraph[str], entries: list[Any]) -> None:
    """Raise where the edges are not those that the nodes' inputs say."""
    said = {(read, node) for node, reads in graph.nodes(data="inputs") for read in reads}
    given = set()
    for i, entry in enumerate(entries):
        where = f"entry {i} of 'edges'"
        check_keys(entry, where, EDGE, EDGE)
        edge = (as_name(entry["source"], where, "source"), as_name(entry["target"], where, "target"))
        if edge not in said:
            raise GraphError(
                "an edge is not among the inputs.",
                here=f"{clip(edge[0])} -> {clip(edge[1])}",
                fix="name its source in the inputs of its target, or leave all edges out",
            ).at(where)
        given.add(edge)
    for start, end in sorted(said - given):
        raise GraphError(
            "an edge is missing.", here=f"{clip(start)} -> {clip(end)}", fix="add it, or leave all edges out"
        ).at(f"node '{clip(end)}'")


def _check_declared(net: Architecture, declared: Mapping[str, Shape]) -> None:
    """Raise where a known operator declares another output shape than it has."""
    found = shapes(net) if declared else {}
    for node, shape in declared.items():
        if found[node][1:] != shape:
            raise GraphError(
                "the output has another shape than declared.",
                here=f"output_shape {shape}, but {describe(net.op(node))} gives {found[node][1:]}",
                fix="leave output_shape out: it is for unknown operators",
            ).at(f"node '{clip(node)}'")


def _op_out(op: Operator, node: str) -> str:
    """An operator's text, which is read back as the same operator."""
    text = op.kind if isinstance(op, Opaque) else describe(op)
    try:
        same = isinstance(op, Opaque) or parse(text, symbol, SOURCES) == op
    except CnnmathError:
        same = False
    if not same:
        raise wrong(f"node '{node}'", "op", "would not be read back", text, "sizes left open are positive integers")
    return text


def _sizes_out(shape: Iterable[Size], where: str) -> list[int | str]:
    sizes = [int(n) if isinstance(n, Integral) else str(n) for n in shape]
    for given, size in zip(shape, sizes, strict=True):
        if isinstance(size, str) and _size_in(size, where, "shape") != given:
            raise wrong(where, "shape", "would not be read back", size, "sizes left open are positive integers")
    return sizes


def _sizes_in(value: Any, where: str, key: str) -> Shape:
    sizes = tuple(_size_in(size, where, key) for size in as_list(value, where, key))
    try:
        return check_input_shape(sizes)
    except CnnmathError as error:
        raise error.at(where) from None


def _size_in(value: Any, where: str, key: str) -> Size:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return value
    if not isinstance(value, str):
        raise wrong(where, key, "holds what is no size", value, "give integers, or texts for sizes left open")
    try:
        return read_value(value, symbol)
    except CnnmathError as error:
        raise _inside(error, where) from None


def _inside(error: CnnmathError, where: str) -> CnnmathError:
    """The error of a node, which knows more than the operator's name."""
    error.where = f"{where}: {error.where}" if error.where else where
    return error
