"""The configuration of a model, read into calls of layers: both forms that Keras writes, that of 3 and that of 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

from cnnmath.errors import GraphError, clip

MODELS = frozenset({"Functional", "Sequential", "Model"})
"""Classes of models whose layers a configuration holds."""

OWN = frozenset({"", "builtins", "keras", "tf_keras", "tensorflow"})
"""Packages whose classes are Keras' own; Keras 2 names none."""


class Ref(NamedTuple):
    """A tensor: the layer that made it, in which of its calls, and which of the outputs it is."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a layer, with tensors and constants in order, and constants by name."""

    layer: str
    number: int
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[Ref, ...]:
        """The tensors among the arguments."""
        return tuple(arg for arg in self.args if isinstance(arg, Ref))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: its class, its settings, and a nested model's own graph.

    Attributes
    ----------
    kind
        Name of its class; that of a class which is not Keras' own has the package in front, and that of a function
        ``ops``.
    settings
        Its configuration.
    inner
        The graph, where it is a model.
    """

    kind: str
    settings: Mapping[str, Any]
    inner: Graph | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """A model: its layers by name, their calls, and which tensors come in and go out.

    Attributes
    ----------
    shapes
        Shapes of tensors that the configuration names, as Keras sees them; None for a size that is open.
    """

    name: str
    layers: Mapping[str, Layer]
    calls: tuple[Call, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    shapes: Mapping[Ref, tuple[int | None, ...]]


def graph(config: Mapping[str, Any]) -> Graph:
    """The graph of a model's configuration.

    Raises
    ------
    GraphError
        For what is no model of layers that the configuration holds, naming its class.
    """
    kind, inside = config.get("class_name"), config.get("config")
    if kind not in MODELS or not isinstance(inside, (Mapping, list)):
        raise GraphError(
            "this is no model whose layers are written down.",
            here=f"class {clip(str(kind))}",
            rule="a Sequential or a Functional model",
            fix="a model that is a class of its own has its layers in code alone",
        )
    if isinstance(inside, list):  # the oldest form of a Sequential
        inside = {"name": "sequential", "layers": inside}
    try:
        return _sequential(inside) if kind == "Sequential" else _functional(inside)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise GraphError(
            "the configuration is not one that Keras writes.", here=clip(f"{type(error).__name__}: {error}")
        ).at(f"model '{clip(str(inside.get('name', '')))}'") from None


def _sequential(inside: Mapping[str, Any]) -> Graph:
    """Layers one behind the other."""
    entries = list(inside["layers"])
    if not entries or entries[0]["class_name"] != "InputLayer":
        first = entries[0]["config"].get("batch_input_shape") if entries else None
        given = {"batch_shape": first or inside.get("build_input_shape"), "name": "input_layer"}
        entries.insert(0, {"class_name": "InputLayer", "config": given})
    layers: dict[str, Layer] = {}
    shapes: dict[Ref, tuple[int | None, ...]] = {}
    calls: list[Call] = []
    for entry in entries:
        name = _name(entry)
        last = Ref(calls[-1].layer, calls[-1].number) if calls else None
        layers.setdefault(name, _layer(entry))
        built = (entry.get("build_config") or {}).get("input_shape")
        if last and built and _is_shape(built):
            shapes[last] = tuple(built)
        number = sum(call.layer == name for call in calls)
        calls.append(Call(name, number, (last,) if last else ()))
    ends = Ref(calls[0].layer), Ref(calls[-1].layer, calls[-1].number)
    return Graph(str(inside.get("name", "sequential")), layers, tuple(calls), ends[:1], ends[1:], shapes)


def _functional(inside: Mapping[str, Any]) -> Graph:
    """Layers with the tensors that they are called with."""
    layers: dict[str, Layer] = {}
    shapes: dict[Ref, tuple[int | None, ...]] = {}
    calls: list[Call] = []
    for entry in inside["layers"]:
        name = _name(entry)
        layers[name] = _layer(entry)
        nodes = entry["inbound_nodes"]
        if not nodes:
            calls.append(Call(name, 0, ()))
        for number, node in enumerate(nodes):
            args, kwargs = _of_3(node, shapes) if isinstance(node, Mapping) else _of_2(node)
            calls.append(Call(name, number, tuple(args), kwargs))
    inputs, outputs = (tuple(_refs(inside[key])) for key in ("input_layers", "output_layers"))
    if unknown := next((ref.layer for ref in (*inputs, *outputs) if ref.layer not in layers), None):
        raise KeyError(unknown)
    return Graph(str(inside.get("name", "model")), layers, tuple(calls), inputs, outputs, shapes)


def _layer(entry: Mapping[str, Any]) -> Layer:
    package, *path = str(entry.get("module") or "").split(".")
    kind = str(entry["class_name"])
    if package not in OWN:
        return Layer(f"{package}.{kind}", entry["config"])
    if "ops" in path:
        return Layer(f"ops.{kind}", entry["config"])
    return Layer(kind, entry["config"], graph(entry) if kind in MODELS else None)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry["config"]["name"])


def _of_3(node: Mapping[str, Any], shapes: dict[Ref, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a call as Keras 3 writes them; the shapes of the tensors are put beside."""

    def flat(value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
            ref = Ref(*value["config"]["keras_history"])
            shapes[ref] = tuple(value["config"]["shape"])
            yield ref
        elif isinstance(value, list) and any(isinstance(each, (Mapping, list)) for each in value):
            for each in value:
                yield from flat(each)
        else:
            yield value

    args = list(flat(node["args"])) if node["args"] else []
    kwargs = {key: list(flat(value)) for key, value in node["kwargs"].items()}
    args += [each for values in kwargs.values() for each in values if isinstance(each, Ref)]
    constants = {key: node["kwargs"][key] for key, values in kwargs.items() if not any(map(_is_ref, values))}
    return args, constants


def _of_2(node: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a call as Keras 2 writes them: a list for each tensor, constants behind the place."""
    given = [node] if isinstance(node[0], str) else node
    return [Ref(*each[:3]) for each in given], dict(given[0][3]) if len(given[0]) > 3 else {}


def _refs(value: Any) -> Iterator[Ref]:
    """Tensors in any nesting of lists and dicts; one is written as a name and two numbers."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if len(value) == 3 and isinstance(value[0], str):
        yield Ref(*value)
    else:
        for each in value:
            yield from _refs(each)


def _is_ref(value: Any) -> bool:
    return isinstance(value, Ref)


def _is_shape(value: Any) -> TypeGuard[Sequence[int | None]]:
    return isinstance(value, (list, tuple)) and all(n is None or isinstance(n, int) for n in value)
