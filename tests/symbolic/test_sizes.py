"""Formulas of sizes: one floor a chain, residue classes without floors, totals as polynomials; all against numbers."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import SettingError
from cnnmath.graph import analyze, shapes
from cnnmath.graph.sweep import sweep
from cnnmath.symbolic.sizes import by_residue, one_floor, plain
from cnnmath.verify.strategies import windows
from cnnmath.window import IDENTITY, Window
from tests.graph.nets import chain

H = sp.Symbol("H", integer=True, positive=True)
W = sp.Symbol("W", integer=True, positive=True)
SIZES = range(1, 301)
sliding = windows(blind=True).map(lambda drawn: drawn[0])


def evaluated(formula, sizes, symbol=H):
    """Values of a formula at many sizes, in exact integer arithmetic: floor(a*n + b) by its numerators."""
    floors = sorted(formula.atoms(sp.floor), key=str)
    names = [sp.Symbol(f"f{i}") for i in range(len(floors))]
    numbers = []
    for floor in floors:
        numerator, denominator = sp.fraction(sp.together(floor.args[0]))
        slope, rest = (int(c) for c in sp.Poly(numerator, symbol).all_coeffs())
        numbers.append([(slope * n + rest) // int(denominator) for n in sizes])
    whole = sp.lambdify([symbol, *names], formula.xreplace(dict(zip(floors, names, strict=True))), "math")
    return [whole(n, *row) for n, row in zip(sizes, zip(*numbers, strict=True) if numbers else [()] * len(sizes),
                                             strict=True)]  # fmt: skip


def floors(formula):
    return [floor for floor in sp.preorder_traversal(formula) if isinstance(floor, sp.floor)]


@given(st.lists(sliding, min_size=1, max_size=4))
def test_a_chain_of_windows_is_one_floor_with_the_numbers_of_the_chain(chain_of):
    formula, whole = H, IDENTITY
    for window in chain_of:
        formula, whole = one_floor(window.placements(formula)), whole.then(window)
    assert len(floors(formula)) <= 1
    expected = []
    for n in SIZES:
        size = n
        for window in chain_of:
            size = window.placements(size)
        expected.append(size)
    assert evaluated(formula, SIZES) == expected == [whole.placements(n) for n in SIZES]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(-6, 6), st.integers(-6, 6))
def test_nested_floors_merge_and_those_that_do_not_divide_stay(m, n, a, b):
    nested = ((H + a) // m + b) // n
    merged = one_floor(nested)
    assert [merged.subs(H, k) for k in range(1, 61)] == [((k + a) // m + b) // n for k in range(1, 61)]
    assert len(floors(merged)) <= 1
    factored = one_floor(2 * ((H + a) // m) // 3)
    assert [factored.subs(H, k) for k in range(1, 31)] == [2 * ((k + a) // m) // 3 for k in range(1, 31)]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.booleans()), min_size=1, max_size=4))
def test_a_chain_of_same_padding_is_a_ceiling_of_the_product_of_strides(layers):
    convs = [ops.Conv(1, k, stride=s, padding="same" if after else "same_lower") for k, s, after in layers]
    net = chain(*convs, shape=(1, H, H))
    formula, total = shapes(net)[net.last][2], int(np.prod([s for _, s, _ in layers]))
    assert evaluated(formula, SIZES) == [-(-n // total) for n in SIZES]
    assert len(floors(formula)) <= 1


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1)), min_size=1, max_size=3))
def test_poolings_that_round_up_stay_exact(layers):
    pools = [ops.MaxPool(k, stride=s, padding=min(p, k - 1), ceil=True) for k, s, p in layers]
    formula = shapes(chain(*pools, shape=(1, H, H)))[f"maxpool{len(pools) - 1}"][2]
    for n in range(60, 80):
        net = chain(*pools, shape=(1, n, n))
        assert formula.subs(H, n) == shapes(net)[net.last][2], n


def test_resnet50_has_its_size_and_its_macs_in_one_formula_for_every_size_up_to_2000():
    net = zoo.resnet50((3, H, H))
    summary, sizes = analyze(net), range(1, 2001)
    known = shapes(net)
    assert plain(known["layer4.2.relu"][2]) == "floor((H + 31)/32)"
    nodes = ("conv1", "maxpool", "layer2.0.conv2", "layer4.2.relu")
    stages = {node: evaluated(known[node][2], sizes) for node in nodes}
    conv, half = Window(7, 2, before=3, after=3), Window(3, 2, before=1, after=1)
    for i, n in enumerate(sizes):
        first = conv.placements(n)
        second = half.placements(first)
        third = half.placements(second)
        fifth = half.placements(half.placements(third))
        assert [stages[node][i] for node in stages] == [first, second, third, fifth], n
    numbers = sweep(lambda size: zoo.resnet50((3, size, size)), size=list(sizes))
    assert evaluated(summary.macs, sizes) == numbers.macs.tolist()
    assert numbers.accepted.all()
    for n in (1, 31, 32, 33, 224, 1999):
        assert numbers.macs[n - 1] == analyze(zoo.resnet50((3, n, n))).macs


def test_a_formula_with_one_constant_changed_is_seen():
    """The comparison of the 2,000 sizes has power: a floor that starts one later differs at some of them."""
    (size,) = {shapes(zoo.resnet50((3, H, H)))["layer4.2.relu"][2]}
    wrong = size.xreplace({floor: sp.floor(floor.args[0] - sp.Rational(1, 32)) for floor in size.atoms(sp.floor)})
    assert evaluated(size, range(1, 2001)) != evaluated(wrong, range(1, 2001))


def test_every_residue_class_of_resnet50_is_its_formula_without_floors():
    macs = analyze(zoo.resnet50((3, H, H))).macs
    classes = by_residue(macs, H)
    assert sorted(classes) == list(range(32))
    for residue, formula in classes.items():
        assert not formula.has(sp.floor)
        assert sp.Poly(formula, H).degree() == 2
        sizes = [n for n in range(1, 300) if n % 32 == residue]
        assert [formula.subs(H, n) for n in sizes] == evaluated(macs, sizes)
    assert classes[0].subs(H, 224) == 4_089_184_256
    assert classes[0] == sp.Rational(4_087_136_256, 224**2) * H**2 + 2_048_000


@given(st.integers(1, 6), st.integers(-5, 9), st.integers(1, 4))
def test_classes_of_any_floor(m, a, m2):
    formula = (H + a) // m * ((H - 1) // m2) + H
    for residue, each in by_residue(formula, H).items():
        modulus = int(sp.ilcm(m, m2))
        sizes = [residue + modulus * q for q in range(3) if residue + modulus * q > 0]
        assert [each.subs(H, n) for n in sizes] == [(n + a) // m * ((n - 1) // m2) + n for n in sizes]


def test_a_formula_without_floors_is_its_own_one_class():
    assert by_residue(H**2 + 1, H) == {0: H**2 + 1}
    assert by_residue(7, H) == {0: 7}


@pytest.mark.parametrize(
    ("build", "depth"),
    [(zoo.resnet, 18), (zoo.resnet, 152), (zoo.vgg, 11), (zoo.vgg, 19)],
    ids=["resnet18", "resnet152", "vgg11", "vgg19"],
)
def test_parameters_are_a_polynomial_of_degree_two_in_the_width(build, depth):
    formula = sp.Poly(sp.expand(analyze(build(depth, width=W)).parameters), W)
    assert formula.degree() == 2
    for width in (1, 8, 63, 64, 128):
        assert formula.eval(width) == analyze(build(depth, width=width)).parameters


def test_the_polynomial_of_resnet50_is_the_published_number_at_64():
    formula = sp.expand(analyze(zoo.resnet50(width=W)).parameters)
    assert formula.subs(W, 64) == 25_557_032
    assert formula.subs(W, 0) == 1000  # the classifier's biases alone do not grow with the width


def test_fractions_in_floors_are_written_as_one():
    assert plain(one_floor((H - 1) // 4 + 1)) == "floor((H + 3)/4)"
    assert plain(sp.floor(H / 2) ** 2 + 1) == "floor(H/2)**2 + 1"
    assert repr(analyze(chain(ops.Conv(2, 3, stride=2), shape=(1, H, H)))).splitlines()[2] == (
        "  MACs             18*floor((H - 1)/2)**2"
    )


NESTED = {"a floor in a floor": ((H // 2) * 2 + W) // 3, "a square": (H**2) // 2, "a product": (H * W) // 2}


@pytest.mark.parametrize("formula", NESTED.values(), ids=NESTED)
def test_what_has_no_residue_classes_is_answered(formula):
    with pytest.raises(SettingError) as caught:
        by_residue(formula, H)
    assert str(caught.value).startswith("this formula has no residue classes.\n  here    floor(")
    assert "fix     merge nested floors with one_floor, or put numbers in for the other symbols" in str(caught.value)
