"""Within one process: a deep network, chains that grow, and a million candidates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import networkx as nx
import numpy as np

from cnnmath import ops, zoo
from cnnmath.graph import Architecture, analyze
from cnnmath.graph.sweep import sweep
from tests.bench.pairs import Pair

LENGTHS = (12_500, 25_000, 50_000, 100_000)
BLOCK = (ops.Conv(8, 3, padding=1), ops.BatchNorm(), ops.ReLU(), ops.Conv(16, 1), ops.Conv(8, 3, padding=1))


def chain(layers: int) -> Architecture:
    net = Architecture("chain", (8, 32, 32))
    for i in range(layers):
        net.add(f"node{i}", BLOCK[i % len(BLOCK)])
    return net


def sort(graph: nx.DiGraph[str]) -> list[str]:
    return list(nx.topological_sort(graph))


def deep() -> Pair:
    net = zoo.resnet152()
    name = "build and analyze resnet152 / networkx sorts its graph topologically"
    return Pair(name, lambda: analyze(zoo.resnet152()), partial(sort, net.graph), len(net), 25)


def growing() -> Iterator[Pair]:
    for layers in LENGTHS:
        net = chain(layers)
        for what, act in (("build", partial(chain, layers)), ("analyze", partial(analyze, net))):
            yield Pair(f"{what} a chain of {layers:,} / networkx sorts it", act, partial(sort, net.graph), layers, 3)


def many() -> Pair:
    widths, sizes = np.arange(1, 1001)[:, None], np.arange(32, 1032)
    numbers, product = np.arange(10**6), np.empty(10**6, int)

    def candidates() -> object:
        return sweep(lambda width, size: zoo.resnet(50, (3, size, size), width=width), width=widths, size=sizes)

    def multiplications() -> None:
        for _ in range(500):
            np.multiply(numbers, numbers, out=product)

    name = "a million widths and sizes of resnet50 / numpy multiplies a million pairs 500 times"
    return Pair(name, candidates, multiplications, 10**6, 5)


def pairs() -> Iterator[Pair]:
    yield deep()
    yield from growing()
    yield many()
