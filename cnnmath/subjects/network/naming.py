"""Letters of a part of a network: symbols for the sizes of its nodes, and its operators' gradients in its own names.

The output of the node conv1 is the array ``y(conv1)``, its weights are ``w(conv1)``; the network's input is ``x``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self

import sympy as sp

from cnnmath.graph import INPUT, Architecture, shapes
from cnnmath.graph.propagate import spatial as sizes
from cnnmath.ops import Concat, Operator
from cnnmath.ops.algebra import Shape, input_names
from cnnmath.symbolic import Step
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.operators import unchecked
from cnnmath.symbolic.setting import spatial
from cnnmath.symbolic.terms import Expr, array, size

Meaning = dict[sp.Symbol, Expr]
"""What an operator's own letters stand for in a network."""


def output_name(node: str) -> str:
    """Name of the array that a node puts out.

    Examples
    --------
    >>> output_name("conv1"), output_name("input")
    ('y(conv1)', 'x')
    """
    return "x" if node == INPUT else f"y({node})"


def parameter_name(net: Architecture, node: str, name: str) -> str:
    """Name of a parameter of a node, or of the node whose parameters it uses."""
    return f"{name}({net.shares(node) or node})"


def operand_names(net: Architecture, node: str) -> tuple[str, ...]:
    """What a node's sentence calls its inputs."""
    return input_names(net.op(node), len(net.inputs(node)))


@lru_cache(maxsize=256)
def own_gradient(op: Operator, wrt: str, rank: int) -> Step:
    """An operator's own gradient, in its own letters."""
    return unchecked(op, wrt, rank=rank)


@dataclass(frozen=True, slots=True)
class Naming:
    """Symbols for the shapes of some nodes' outputs.

    A size that an operator keeps keeps its symbol; where one changes, it gets the next number: C_1, H_1, W_1.

    Attributes
    ----------
    net
        The network.
    shapes
        Shape of each node's output, in symbols.
    definitions
        What symbols stand for, where they follow from others.
    meanings
        For each operator, what its own letters stand for.
    """

    net: Architecture
    shapes: dict[str, Shape] = field(default_factory=dict)
    definitions: Meaning = field(default_factory=dict)
    meanings: dict[str, Meaning] = field(default_factory=dict)

    @classmethod
    def of(cls, net: Architecture, operators: Iterable[str], outputs: Iterable[str] = ()) -> Self:
        """Name what these operators read and put out, and further outputs.

        Examples
        --------
        >>> from cnnmath import zoo
        >>> naming = Naming.of(zoo.lenet5(), ["tanh1", "pool1"])
        >>> naming.shapes
        {'conv1': (N, C_1, H_1, W_1), 'tanh1': (N, C_1, H_1, W_1), 'pool1': (N, C_1, H_2, W_2)}
        >>> naming.definitions
        {H_2: floor(H_1/2), W_2: floor(W_1/2)}
        """
        naming, own = cls(net), {*operators}
        wanted = own | {*outputs} | {read for node in own for read in net.inputs(node)}
        known = shapes(net)
        ranks = {node: len(sizes(net, known, node)) for node in known}
        number = 1
        for node in (node for node in [INPUT, *net.order()] if node in wanted):
            axes = ("C", *map(str, spatial(ranks[node])))
            fresh = [size(axis if node == INPUT else f"{axis}_{number}") for axis in axes]
            if node in own:
                naming._follow(node, fresh, number)
            else:
                naming.shapes[node] = (size("N"), *fresh)
            number += not {*fresh}.isdisjoint(naming.shapes[node]) and node != INPUT
        return naming

    def passed(self, node: str, position: int) -> Expr:
        """What a node passes back to the input at a position among those that it reads."""
        op, reads, names = self.net.op(node), self.net.inputs(node), operand_names(self.net, node)
        wrt = names[min(position, 1) if op.variadic else position]
        own = own_gradient(op, wrt, len(self.shapes[reads[position]]) - 2)
        meaning = self.meanings[node]
        if position and isinstance(op, Concat):
            before = _behind_each_other([self.shapes[read] for read in reads[:position]])
            meaning = _matched(self._letters(node).inputs, (before, self.shapes[reads[position]]))
        return self._renamed(own.right, node, meaning)

    def collected(self, node: str, parameter: str) -> Step:
        """What a node gives to one of its parameters."""
        own = own_gradient(self.net.op(node), parameter, len(self.shapes[self.net.inputs(node)[0]]) - 2)
        meaning = self.meanings[node]
        over = tuple((index, extent.xreplace(meaning)) for index, extent in own.over)
        left = array(f"dL/d{parameter_name(self.net, node, parameter)}")[own.left.indices]
        right = self._renamed(own.right, node, meaning)
        return replace(own, left=left, right=right, over=over)

    def parameters(self) -> dict[str, Shape]:
        """Shapes of all parameters and buffers of the operators, by name."""
        return {
            parameter_name(self.net, node, name): tuple(sp.sympify(extent).xreplace(meaning) for extent in shape)
            for node, meaning in self.meanings.items()
            for name, shape in self._letters(node).shapes.items()
            if name not in ("y", *operand_names(self.net, node), "x1", "x2")
        }

    def _letters(self, node: str) -> Letters:
        return Letters.of(self.net.op(node), len(self.shapes[self.net.inputs(node)[0]]) - 2)

    def _follow(self, node: str, fresh: Sequence[sp.Symbol], number: int) -> None:
        """Name the output of an operator after what it reads, with fresh symbols for sizes that change."""
        inputs, letters = [self.shapes[read] for read in self.net.inputs(node)], self._letters(node)
        merged = self.net.op(node).variadic
        given = (inputs[0], _behind_each_other(inputs[1:])) if merged else inputs
        meaning = _matched(letters.inputs, given)
        own = letters.shapes["y"]
        shape: list[Expr] = [inputs[0][0]] if own else []
        for extent, symbol in zip(map(sp.sympify, own[1:]), fresh[len(fresh) + 1 - max(len(own), 1) :], strict=True):
            times, letter = extent.as_coeff_Mul()
            value = extent.xreplace(letters.definitions)
            follows = value.free_symbols <= meaning.keys()
            value = value.xreplace(meaning)
            shape.append(value if follows and value.is_Atom else symbol)
            if follows and not value.is_Atom:
                self.definitions[symbol] = value
            if letter.is_Symbol:
                meaning.setdefault(letter, shape[-1] / times)
        for letter in (letter for letter in letters.definitions if letter not in meaning):
            meaning[letter] = sp.Symbol(f"{letter}.{number}", **letter.assumptions0)
            self.definitions[meaning[letter]] = letters.definitions[letter].xreplace(meaning)
        self.meanings[node], self.shapes[node] = meaning, tuple(shape)

    def _renamed(self, formula: Expr, node: str, meaning: Meaning) -> Expr:
        op, reads = self.net.op(node), self.net.inputs(node)
        given = [self.shapes[read] for read in reads]
        own = [*op.parameters(*given), *op.buffers(*given)]
        inputs = dict(zip(operand_names(self.net, node), map(output_name, reads), strict=True))
        arrays = {"dL/dy": f"dL/d{output_name(node)}", **{p: parameter_name(self.net, node, p) for p in own}, **inputs}
        return formula.xreplace(meaning | {array(name): array(new) for name, new in arrays.items()})


def _matched(forms: Sequence[Shape], given: Sequence[Shape]) -> Meaning:
    """What the letters in shapes stand for: each entry is a letter, or a number times one."""
    meaning: Meaning = {}
    for form, shape in zip(forms, given, strict=False):
        for extent, known in zip(map(sp.sympify, form), shape, strict=True):
            times, letter = extent.as_coeff_Mul()
            if letter.is_Symbol:
                meaning.setdefault(letter, known / times)
    return meaning


def _behind_each_other(given: Sequence[Shape]) -> Shape:
    """Shape of arrays whose channels stand behind each other."""
    return (given[0][0], sum(shape[1] for shape in given), *given[0][2:])
