"""From an exported program to nodes: its graph is walked once, and every call handed to the rule of its function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any

from cnnmath.errors import CnnmathError
from cnnmath.graph import Given
from cnnmath.interchange.layout import Layout
from cnnmath.interchange.torch.build import BATCH, Builder, Origin, Value
from cnnmath.interchange.torch.rules import RULES
from cnnmath.interchange.torch.tensors import Known, computed
from cnnmath.interchange.unclaimed import UnclaimedError


@dataclass(slots=True)
class Reading:
    """What is known in the middle of a walk.

    Attributes
    ----------
    build
        The nodes so far.
    sizes
        Numbers that symbols of sizes stand for.
    calling
        Calls of modules in which other modules are called.
    """

    build: Builder
    sizes: dict[Any, int] = field(default_factory=dict)
    calling: set[str] = field(default_factory=set)

    def size(self, size: Any) -> int:
        """A size as a number."""
        if isinstance(size, int):
            return size
        return int(size.node.expr.xreplace(self.sizes))

    def shape(self, tensor: Any) -> tuple[int, ...]:
        """Shape of a tensor."""
        return tuple(map(self.size, tensor.shape))

    def given(self, name: str, tensor: Any, example: Any) -> Value:
        """An input: the first is the network's own, and further ones are sources; its other axes are the example's."""
        first = not self.build.input_shape
        for axis, (size, long) in enumerate(zip(tensor.shape, example.shape, strict=True)):
            if not isinstance(size, int):
                for symbol in size.node.expr.free_symbols:
                    self.sizes.setdefault(symbol, long if axis else BATCH)
        shape = self.shape(tensor)
        if first:
            self.build.input_shape = shape
            return Value(0, Layout.of(shape), Origin())
        batched = shape[:1] == self.build.input_shape[:1]
        self.build.origin = Origin(function=name, line=name)
        return self.build.source(Given(shape[1:] if batched else shape, batched=batched))

    def run(self, graph: Any, given: list[Any]) -> tuple[Any, ...]:
        """Outputs of a graph, its placeholders being these values."""
        values: dict[Any, Any] = {}
        inputs = iter(given)
        outputs: tuple[Any, ...] = ()
        for node in graph.nodes:
            if node.op == "placeholder":
                values[node] = next(inputs)
            elif node.op == "output":
                outputs = _put(node.args[0], values)
            elif node.op == "get_attr":
                values[node] = getattr(graph.owning_module, node.target)
            else:
                values[node] = self.call(node, values)
        return outputs

    def call(self, node: Any, values: dict[Any, Any]) -> Any:
        """What one call yields: a value, a tensor that is known, a size, or several of these."""
        args, kwargs = _put(node.args, values), _put(node.kwargs, values)
        if node.target is operator.getitem:
            return args[0][args[1]]
        meta = node.meta.get("val")
        if not _holds_tensors(meta):
            return self.size(meta) if type(meta).__name__ == "SymInt" else meta
        name = _name(node.target)
        if name in INLINED:
            return self.run(args[INLINED[name]].graph, list(args[INLINED[name] + 1 :]))
        self.build.origin = self.origin(node, name)
        if _repeatable(node) and not any(map(_varies, _flat((args, kwargs)))):
            return computed(node.target, str(node.target), args, kwargs)
        found = self.by_rule(name, meta, args, kwargs)
        if _writes(node):
            values[node.args[0]] = found
        return found

    def by_rule(self, name: str, meta: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the rule for a function makes of a call, or nodes that are not known."""
        rule = RULES.get(name)
        try:
            if rule is None:
                raise UnclaimedError("there is no rule for it")
            kwargs = {key: value for key, value in kwargs.items() if key not in IGNORED}
            _check_arguments(rule, args, kwargs)
            self.build.expected = self.expected(meta)
            found = rule(self.build, *args, **kwargs)
            self.check(found, meta)
        except CnnmathError as error:
            return self.unknown(name, meta, (args, kwargs), error.fact.removesuffix("."))
        except UnclaimedError as refused:
            return self.unknown(name, meta, (args, kwargs), str(refused))
        return found

    def expected(self, meta: Any) -> tuple[int, ...]:
        """Shape of the first tensor that a call yields."""
        first = meta[0] if isinstance(meta, (tuple, list)) else meta
        return self.shape(first) if hasattr(first, "shape") else ()

    def check(self, found: Any, meta: Any) -> None:
        """Raise where an operator gives another shape than PyTorch says."""
        several = isinstance(found, tuple)
        for value, tensor in zip(found if several else [found], meta if several else [meta], strict=False):
            if isinstance(value, Value) and not tensor.dtype.is_floating_point:
                raise UnclaimedError(f"its numbers are {str(tensor.dtype).removeprefix('torch.')}")
            if isinstance(value, Value) and value.shape != self.shape(tensor):
                raise UnclaimedError("its output has another shape than PyTorch's")

    def unknown(self, name: str, meta: Any, given: Any, reason: str) -> Any:
        """Nodes without mathematics, one for each tensor that a call yields."""
        reads = [value for value in _flat(given) if isinstance(value, Value)]
        metas = meta if isinstance(meta, (tuple, list)) else [meta]
        kind = f"aten.{name}"
        if not reads:
            reads = [Value(0, Layout.of(self.build.input_shape), self.build.origin)]
        names = frozenset[str]().union(*(value.names for value in _flat(given) if isinstance(value, Known)))
        found = tuple(
            self.build.opaque(kind, reads, self.shape(tensor), reason, names) if hasattr(tensor, "shape") else tensor
            for tensor in metas
        )
        return found if isinstance(meta, (tuple, list)) else found[0]

    def origin(self, node: Any, name: str) -> Origin:
        """Where in the module's code a call stands."""
        stack = list((node.meta.get("nn_module_stack") or {}).items())
        self.calling |= {call for call, _ in stack[:-1]}
        call, (path, *_) = stack[-1] if stack else ("", ("",))
        line, function = node.meta.get("torch_fn") or (node.name, name)
        if line.endswith(f"{name}.default_0") or "OpOverload" in function:
            line, function = node.name, name
        return Origin(path, call, function.rpartition(".")[2], line)


INLINED = {"wrap_with_set_grad_enabled": 1, "wrap_with_autocast": 4}
"""Calls of a graph in a graph, with the place of that graph among the arguments."""

IGNORED = ("dtype", "device", "layout", "pin_memory", "memory_format", "non_blocking", "copy")
"""Arguments that say where and how numbers are stored, and not which."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program once it is read.

    Attributes
    ----------
    build
        Its nodes.
    inputs
        Numbers of the nodes that are its inputs, by name.
    outputs
        The values that it returns, by name: ``output``, or where in a tuple or a dict each stands.
    sizes
        How many numbers each of its parameters has.
    calling
        Calls of modules in which other modules are called.
    """

    build: Builder
    inputs: dict[str, int]
    outputs: dict[str, Any]
    sizes: dict[str, int]
    calling: frozenset[str]


def read(program: Any) -> Program:
    """Walk an exported program."""
    specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs}
    stored = {**program.constants, **program.state_dict}
    reading, given = Reading(Builder()), []
    inputs, sizes, first = dict[str, int](), dict[str, int](), dict[Hashable, str]()
    examples = iter(program.example_inputs[0] if program.example_inputs else ())
    for node in program.graph.nodes:
        if node.op != "placeholder":
            continue
        spec, tensor = specs[node.name], node.meta.get("val")
        if spec.target is not None:
            known = Known.stored(stored[spec.target], label=spec.target)
            if spec.kind.name == "PARAMETER":  # one that has several names goes by the first
                known = replace(known, names=frozenset([first.setdefault(known.key, spec.target)]))
                sizes.setdefault(first[known.key], stored[spec.target].numel())
            given.append(known)
        elif hasattr(tensor, "shape"):
            given.append(reading.given(node.name, tensor, next(examples, tensor)))
            inputs[node.name] = given[-1].node
        else:
            given.append(getattr(spec.arg, "value", None))
            next(examples, None)
    found = reading.run(program.graph, given)
    kinds = [spec.kind.name for spec in program.graph_signature.output_specs]
    returned = [value for value, kind in zip(found, kinds, strict=False) if kind == "USER_OUTPUT"]
    outputs = dict(_places(program.call_spec.out_spec.unflatten(returned)))
    return Program(reading.build, inputs, outputs, sizes, frozenset(reading.calling))


def _places(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Values in tuples and dicts, each with its place."""
    if isinstance(value, (tuple, list)):
        value = dict(enumerate(value))
    if not isinstance(value, Mapping):
        yield place or "output", value
        return
    for key, each in value.items():
        yield from _places(each, f"{place}.{key}" if place else str(key))


def _check_arguments(rule: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise where a rule does not know one of the arguments of a call."""
    try:
        signature(rule).bind(None, *args, **kwargs)
    except TypeError as error:
        raise UnclaimedError(str(error)) from None


def _put(arg: Any, values: dict[Any, Any]) -> Any:
    """Arguments with the values of nodes in their place."""
    from torch.fx.node import map_arg

    return map_arg(arg, values.__getitem__)


def _name(target: Any) -> str:
    """Name of a function without its overload, and without the underscore of one that writes in place."""
    name = target.__name__.split(".")[0] if not hasattr(target, "_schema") else target._schema.name.split("::")[1]
    return name[:-1] if name.endswith("_") and not name.startswith("__") else name


def _writes(node: Any) -> bool:
    return hasattr(node.target, "_schema") and node.target._schema.is_mutable


def _repeatable(node: Any) -> bool:
    """Whether a call yields the same each time."""
    return "nondeterministic_seeded" not in {tag.name for tag in getattr(node.target, "tags", ())}


def _holds_tensors(meta: Any) -> bool:
    return any(hasattr(value, "shape") for value in (meta if isinstance(meta, (tuple, list)) else [meta]))


def _varies(arg: Any) -> bool:
    """Whether an argument depends on the input, or on how many samples there are."""
    return isinstance(arg, Value) or (isinstance(arg, int) and arg >= BATCH)


def _flat(arg: Any) -> list[Any]:
    if isinstance(arg, dict):
        arg = tuple(arg.values())
    if isinstance(arg, (tuple, list)):
        return [value for each in arg for value in _flat(each)]
    return [arg]
