"""From a configuration to a network: layer after layer, nested models in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cnnmath.errors import CnnmathError, GraphError, clip
from cnnmath.graph import INPUT, Architecture, Given
from cnnmath.graph.arrays import listed
from cnnmath.interchange.keras.build import BATCH, Builder, Value
from cnnmath.interchange.keras.graph import Call, Graph, Layer, Ref, graph
from cnnmath.interchange.keras.rules import RULES
from cnnmath.interchange.keras.source import Source
from cnnmath.interchange.layout import Layout
from cnnmath.interchange.model import Model
from cnnmath.interchange.padded import absorbed
from cnnmath.interchange.unclaimed import UnclaimedError


def read(source: Source, input_shape: Sequence[int] | None = None) -> Model:
    """The network of a model, with its arrays and what is to be said of both."""
    top = graph(source.config)
    if input_shape is not None and len(top.inputs) != 1:
        raise GraphError(
            "a model of several inputs has no one input_shape.",
            here=", ".join(clip(ref.layer) for ref in top.inputs),
            fix="build the model for one size",
        ).at(f"model '{top.name}'")
    last = not _channels_first(top)
    shapes = {ref.layer: _input_shape(top.layers[ref.layer], ref.layer, input_shape) for ref in top.inputs}
    if not shapes:
        raise GraphError("it has no input.").at(f"model '{top.name}'")
    orders = {name: _ahead(len(shape), last=last) for name, shape in shapes.items()}
    first = top.inputs[0].layer
    net = Architecture(top.name, _turned(shapes[first], orders[first])[1:])
    b = Builder(net, last, str(source.config.get("keras_version", "3")).startswith("2"))
    b.shapes[INPUT] = (BATCH, *net.input_shape)
    inputs = {first: INPUT}
    for ref in top.inputs[1:]:
        if ref.layer not in inputs:
            b.path = inputs[ref.layer] = ref.layer
            b.source(Given(_turned(shapes[ref.layer], orders[ref.layer])[1:]), "")
    values = {name: Value(node, Layout.of(b.shapes[node])).back(orders[name]) for name, node in inputs.items()}
    found = _Reader(b, source).outputs(top, [values[ref.layer] for ref in top.inputs], "")
    outputs: dict[str, str] = {}
    for ref, value in zip(top.outputs, found, strict=True):
        b.path = "output"
        name, again = ref.layer, 0
        while name in outputs:
            again += 1
            name = f"{ref.layer}_{again}"
        outputs[name] = _ended(b, value, ref.layer)
    model = Model(
        net,
        MappingProxyType(b.arrays),
        inputs=MappingProxyType(inputs),
        outputs=MappingProxyType(outputs),
        notes=tuple(_notes(b, weights=source.weights is not None)),
    )
    return absorbed(model)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What goes through the calls of a model's layers."""

    b: Builder
    source: Source

    def outputs(self, model: Graph, given: list[Value], path: str) -> list[Value]:
        """The values that a model yields of these."""
        if len(given) != len(model.inputs):
            raise GraphError(
                "a model is called with another number of arrays than it takes.",
                here=f"{len(given)}",
                rule=f"{len(model.inputs)}",
            ).at(f"model '{path}{model.name}'")
        values = dict(zip(model.inputs, given, strict=True))
        waiting = [call for call in model.calls if Ref(call.layer, call.number) not in values]
        while waiting:
            later: list[Call] = []
            for call in waiting:
                if all(ref in values for ref in call.reads):
                    self._called(model, call, values, path)
                else:
                    later.append(call)
            if len(later) == len(waiting):
                missing = next(ref for call in later for ref in call.reads if ref not in values)
                raise _unmade(missing, "a layer").at(f"layer '{path}{later[0].layer}'")
            waiting = later
        if missing := next((ref for ref in model.outputs if ref not in values), None):
            raise _unmade(missing, "an output").at(f"model '{path}{model.name}'")
        return [values[ref] for ref in model.outputs]

    def _called(self, model: Graph, call: Call, values: dict[Ref, Value], path: str) -> None:
        """Put the outputs of a call beside the other values."""
        layer, own = model.layers[call.layer], f"{path}{call.layer}"
        args = [values[arg] if isinstance(arg, Ref) else arg for arg in call.args]
        if layer.inner is not None:
            found = self.outputs(layer.inner, args, f"{own}/")
        else:
            found = [self._layer(layer, call, args, own, model.shapes)]
        values |= {Ref(call.layer, call.number, i): value for i, value in enumerate(found)}

    def _layer(self, layer: Layer, call: Call, args: list[Any], path: str, shapes: Mapping[Ref, Any]) -> Value:
        """The value that a layer yields; where there is no rule for it, that of an operator that is not known."""
        b = self.b
        b.path = path
        b.weights = None if self.source.weights is None else self.source.weights.get(path, {})
        before = len(b.net), len(b.fillings)
        try:
            if layer.kind not in RULES:
                raise UnclaimedError("there is no rule for this layer")
            return RULES[layer.kind](b, {**layer.settings, **call.kwargs}, *args)
        except UnclaimedError as refused:
            reason = str(refused)
        except CnnmathError as error:
            raise error.at(f"layer '{path}'") from None
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            reason = f"its settings are not those that are known, {clip(f'{type(error).__name__}: {error}')}"
        _forget(b, *before)
        shape = shapes.get(Ref(call.layer, call.number)) or self.source.shapes.get(path) or ()
        sizes = tuple(n for n in shape[1:] if n is not None)
        if len(shape) < 2 or len(sizes) < len(shape) - 1:
            raise GraphError(
                f"the layer is not known, and the shape of its output is not written down: {reason}.",
                here=f"class {clip(layer.kind)}",
                fix="give the model itself in place of its configuration, or leave the layer out",
            ).at(f"layer '{path}'")
        values = tuple(arg for arg in args if isinstance(arg, Value))
        if not values:
            raise GraphError("it reads no array of the network.", here=f"class {clip(layer.kind)}").at(
                f"layer '{path}'"
            )
        return b.opaque(layer.kind, values, (BATCH, *sizes), reason)


def _unmade(ref: Ref, what: str) -> GraphError:
    """The error for something that reads what is not there."""
    here = f"output {ref.output} of call {ref.call} of '{clip(ref.layer)}'"
    return GraphError(f"{what} reads what no layer yields.", here=here)


def _forget(b: Builder, nodes: int, fillings: int) -> None:
    """Take back what a rule added before it refused."""
    added = [name for name in b.net.nodes if name != INPUT][nodes:]
    for name in added:
        del b.net.nodes[name]
        del b.shapes[name]
    b.arrays = {name: array for name, array in b.arrays.items() if name.rpartition(".")[0] not in added}
    b.owners = {base: name for base, name in b.owners.items() if name not in added}
    b.made = {key: node for key, node in b.made.items() if node not in added}
    del b.fillings[fillings:]


def _notes(b: Builder, *, weights: bool) -> Iterator[str]:
    """What is to be said of the network, a sentence each."""
    yield from b.notes
    for number in dict.fromkeys(number for _, _, number in b.fillings):
        same = [(name, size) for name, size, other in b.fillings if other == number]
        are, their = (f"and {len(same) - 1} more are", "their") if len(same) > 1 else ("is", "its")
        count = sum(size for _, size in same)
        yield f"'{same[0][0]}' {are} not in the model, and {their} {count:,} numbers, all {number}, are no parameters"
    if b.left_out:
        yield f"left out, for in training alone do they change numbers: {listed(b.left_out)}"
    if not weights:
        yield "its numbers are not read: a configuration has none, and those of a file need h5py"


def _ended(b: Builder, value: Value, layer: str) -> str:
    """The node whose array an output is, with its channels ahead."""
    try:
        return b.plain(value.moved(b.first(len(value.shape))))
    except UnclaimedError as refused:
        raise GraphError(f"an output cannot be written as the package's: {refused}.").at(f"layer '{layer}'") from None


def _input_shape(layer: Layer, name: str, wanted: Sequence[int] | None) -> tuple[int, ...]:
    """Shape of a batch of inputs, whose other sizes are numbers."""
    given = layer.settings.get("batch_shape") or layer.settings.get("batch_input_shape") or ()
    sizes = _filled(tuple(given[1:]), wanted, name)
    if layer.inner is not None or not sizes or None in sizes:
        raise GraphError(
            "the size of the input is not fixed.",
            here=f"shape {tuple(given) or 'not given'}",
            rule="all sizes but that of the batch are numbers",
            fix="give input_shape, such as (224, 224, 3), in the order of the model",
        ).at(f"layer '{name}'")
    return (BATCH, *sizes)


def _filled(sizes: tuple[Any, ...], wanted: Sequence[int] | None, name: str) -> tuple[Any, ...]:
    """Sizes, those that are open as they are wanted."""
    if wanted is None:
        return sizes
    if sizes and (len(sizes) != len(wanted) or any(n not in (None, own) for n, own in zip(sizes, wanted, strict=True))):
        raise GraphError(
            "the input has another shape.", here=f"input_shape {tuple(wanted)}", rule=f"{sizes}, None being open"
        ).at(f"layer '{name}'")
    return tuple(wanted)


def _channels_first(model: Graph) -> bool:
    """Whether the first layer that says where its channels are has them ahead of the positions."""
    return next(iter(_formats(model)), "") == "channels_first"


def _formats(model: Graph) -> list[str]:
    found: list[str] = []
    for layer in model.layers.values():
        if layer.inner is not None:
            found += _formats(layer.inner)
        elif layer.settings.get("data_format"):
            found.append(layer.settings["data_format"])
    return found


def _ahead(rank: int, *, last: bool) -> tuple[int, ...]:
    """The order of an input's axes in the network."""
    return (0, rank - 1, *range(1, rank - 1)) if last and rank > 2 else tuple(range(rank))


def _turned(shape: tuple[int, ...], order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(shape[i] for i in order)
