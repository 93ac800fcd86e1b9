"""Derivations: all entries of a gradient written out, beside SymPy differentiating entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import sympy as sp
from sympy.core.cache import clear_cache

from cnnmath import ops
from cnnmath.symbolic import Derivation, WrittenOut, derive
from cnnmath.symbolic.evaluate import compiled
from cnnmath.symbolic.oracle import instances
from tests.bench.pairs import Pair

SIZE, KERNEL = 8, 3
OP, INPUTS = ops.Conv(1, KERNEL, bias=False), ((1, 1, SIZE, SIZE),)


def written_out(derivation: Derivation) -> list[tuple[sp.Expr, sp.Expr]]:
    """The formulas of a derivation that is there already; SymPy remembers nothing of an earlier run."""
    clear_cache()
    return WrittenOut(derivation, OP, INPUTS).equations()


def from_nothing() -> list[tuple[sp.Expr, sp.Expr]]:
    """The same with the derivation and all its checks."""
    instances.cache_clear()
    compiled.cache_clear()
    return written_out(derive(OP))


def entries(name: str, length: int) -> dict[tuple[int, ...], sp.Expr]:
    """Entries of an array, as the written-out form has them."""
    array = sp.IndexedBase(name, real=True)
    return {at: array[at] for at in product(range(length), repeat=2)}


def symbols(name: str, length: int) -> dict[tuple[int, ...], sp.Expr]:
    """Plain symbols instead, which SymPy differentiates faster."""
    return {at: sp.Symbol(f"{name}_{at}") for at in product(range(length), repeat=2)}


def entry_by_entry(letters: Callable[[str, int], dict[tuple[int, ...], sp.Expr]]) -> list[sp.Expr]:
    """SymPy's derivative of the loss by every entry of x, one after the other."""
    clear_cache()
    outputs = SIZE - KERNEL + 1
    x, w, dy = letters("x", SIZE), letters("w", KERNEL), letters("dL/dy", outputs)
    taps = list(product(range(KERNEL), repeat=2))
    loss = sp.Add(*(
        dy[i, j] * w[a, b] * x[i + a, j + b] for i, j in product(range(outputs), repeat=2) for a, b in taps
    ))  # fmt: skip
    return [sp.diff(loss, x[at]) for at in product(range(SIZE), repeat=2)]


def pairs() -> Iterator[Pair]:
    derivation = derive(OP)
    assert [right for _, right in written_out(derivation)] == entry_by_entry(entries)
    name = f"dL/dx of {KERNEL}x{KERNEL} on {SIZE}x{SIZE}, {{}} / sympy.diff by every {{}}"
    ours = partial(written_out, derivation)
    yield Pair(name.format("written out", "entry"), ours, partial(entry_by_entry, entries), runs=5)
    yield Pair(name.format("written out", "entry as a plain symbol"), ours, partial(entry_by_entry, symbols))
    yield Pair(
        name.format("derived, checked, written out", "entry"), from_nothing, partial(entry_by_entry, entries), runs=5
    )
