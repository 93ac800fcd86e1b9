"""Evaluate index formulas at concrete indices: with exact numbers to check them, with symbols to write them out.

A formula is translated once to a Python function: a sum becomes a loop that tests each condition as soon as its indices
are known. So a formula can be evaluated at many positions, on many instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from operator import index as whole
from typing import Any, TypeAlias

import sympy as sp

from cnnmath.symbolic import arithmetic
from cnnmath.symbolic.source import Writer
from cnnmath.symbolic.terms import Expr

Environment: TypeAlias = dict[Any, Any]
"""Values of symbols (by symbol) and arrays (by name), each array read by a tuple of integers.

The derivative of an array y by an array x is the array ``dy/dx``, read by a position of y followed by one of x.
"""

Compiled: TypeAlias = Callable[[Environment], Any]

Entry: TypeAlias = tuple[Sequence[Expr], Mapping[sp.Symbol, Expr]]
"""Indices of an array's entry, and the extents of the symbols that occur in them."""


def evaluate(expr: Expr, environment: Mapping[Any, Any]) -> Any:
    """Value of a formula.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index
    >>> k = index("k")
    >>> evaluate(Sigma(array("w")[k] * 10**k, [(k, 3)]), {"w": {(0,): 1, (1,): 2, (2,): 3}})
    321
    """
    return compiled(expr)(dict(environment))


@lru_cache(maxsize=4096)
def compiled(expr: Any) -> Compiled:
    """Turn a formula into a function of an environment.

    Raises
    ------
    TypeError
        For a part of the formula that has no value.
    """
    writer = Writer()
    body = writer.write(sp.sympify(expr))
    lines = [f"    {name} = env[{key}]" for key, name in writer.read.items()]
    scope = {**writer.constants, **{name: getattr(arithmetic, name) for name in arithmetic.__all__}}
    exec("\n".join(["def value(env):", *lines, f"    return {body}"]), scope)
    return scope["value"]  # type: ignore[return-value]  # what the line above defines


def positions(entry: Entry, environment: Environment) -> Iterator[tuple[tuple[int, ...], Environment]]:
    """Every position of an array, with an environment in which the entry's indices have their values."""
    indices, ranges = entry
    extents = [range(evaluate(extent, environment)) for extent in ranges.values()]
    values = [compiled(i) for i in indices]
    for numbers in product(*extents):
        here = environment | dict(zip(ranges, numbers, strict=True))
        yield tuple(whole(value(here)) for value in values), here
