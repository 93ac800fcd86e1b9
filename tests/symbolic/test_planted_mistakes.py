"""No derivation can be built on a mistake: each one planted here is refused by the step in which it lies."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.errors import DerivationError
from cnnmath.readers import Tensor
from cnnmath.symbolic import derivation, derive, general, operators, step
from cnnmath.symbolic.differentiate import collapse
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Quantified, Sigma

STRIDED = ops.Conv(1, 3, stride=(2, 1), dilation=(1, 2), padding=((1, 0), (0, 1)))


def without(unwanted):
    """The formula with all conditions of a sort left out."""

    def dropped(expr):
        kept = [c for c in expr.conditions if not unwanted(c)]
        return expr.func(expr.body, expr.ranges, kept)

    return lambda expr: expr.replace(lambda e: isinstance(e, Quantified), dropped)


def swapped(expr):
    """The formula with the two taps, or the two outputs, exchanged in what it sums."""
    (total,) = [e for e in sp.preorder_traversal(expr) if isinstance(e, Quantified)][:1]
    pairs = {str(symbol): symbol for symbol, _ in total.ranges}
    one, two = next((pairs[a], pairs[a[:-1] + "2"]) for a in pairs if a.endswith("_1"))
    body = total.body.xreplace({one: two, two: one})
    return expr.xreplace({total: total.func(body, total.ranges, total.conditions)})


def first_bracket_alone(expr):
    return expr.replace(lambda e: isinstance(e, Bracket), lambda e: Bracket(*e.args[:-1]))


def turned(expr):
    """The formula with the kernel of three taps flipped along its last axis."""
    return expr.replace(
        lambda e: isinstance(e, sp.Indexed) and str(e.base) == "w",
        lambda e: e.base[(*e.indices[:-1], 2 - e.indices[-1])],
    )


def negative(expr):
    return -expr


DIVISIBILITY = without(lambda c: isinstance(c, Divides))
BOUNDS = without(lambda c: isinstance(c, (sp.Ge, sp.Lt)))
MISTAKES = {
    "an output of the wrong sign": ("read", negative, "x", "definition"),
    "an output with its taps exchanged": ("read", swapped, "x", "definition"),
    "an output of a flipped kernel": ("read", turned, "x", "definition"),
    "a Jacobian of the wrong sign": ("jacobian", negative, "x", "jacobian"),
    "a Jacobian with an equation too few": ("jacobian", first_bracket_alone, "x", "jacobian"),
    "a Jacobian of a flipped kernel": ("jacobian", turned, "x", "jacobian"),
    "a Jacobian of nothing": ("jacobian", lambda _: sp.S.Zero, "w", "jacobian"),
    "a result of the wrong sign": ("collapse", negative, "x", "collapse"),
    "a result of a flipped kernel": ("collapse", turned, "x", "collapse"),
    "a result without divisibility": ("collapse", DIVISIBILITY, "x", "collapse"),
    "a bias's result doubled": ("collapse", lambda expr: 2 * expr, "b", "collapse"),
}
BEYOND = {
    "an output that reads into the padding": ("read", BOUNDS, "x", "definition"),
    "a result without bounds": ("collapse", BOUNDS, "x", "collapse"),
    "a result with its taps exchanged": ("collapse", swapped, "x", "collapse"),
    "a result with its outputs exchanged": ("collapse", swapped, "w", "collapse"),
    "a filter's result without bounds": ("collapse", BOUNDS, "w", "collapse"),
}
"""Mistakes that read an operand outside its shape."""


def plant(monkeypatch, function, mistake):
    right = getattr(operators, function)
    monkeypatch.setattr(operators, function, lambda *arguments: mistake(right(*arguments)))


@pytest.mark.parametrize("name", MISTAKES | BEYOND)
def test_a_mistake_is_refused_by_its_step(name, monkeypatch):
    function, mistake, wrt, step = (MISTAKES | BEYOND)[name]
    assert derive(STRIDED, wrt).target.wrt == wrt
    plant(monkeypatch, function, mistake)
    with pytest.raises(DerivationError, match=rf"conv\(.*: the step '{step}' does not hold"):
        derive(STRIDED, wrt)


@pytest.mark.parametrize("mistake", [DIVISIBILITY, BOUNDS, negative], ids=["divisibility", "bounds", "sign"])
def test_a_general_derivation_refuses_the_same_mistakes(mistake, monkeypatch):
    plant(monkeypatch, "collapse", mistake)
    with pytest.raises(DerivationError, match="the step 'collapse' does not hold"):
        derive(general(ops.Conv, 1), "x", rank=1)


@pytest.mark.parametrize("mistake", [DIVISIBILITY, BOUNDS, negative], ids=["divisibility", "bounds", "sign"])
@pytest.mark.parametrize("op", [ops.ConvTranspose(1, (3,), stride=2), general(ops.ConvTranspose, 1)], ids=str)
def test_a_transpose_that_spreads_wrongly_is_refused(op, mistake, monkeypatch):
    plant(monkeypatch, "read", mistake)
    with pytest.raises(DerivationError, match=r"convtranspose\(.*: the step 'definition' does not hold"):
        derive(op, "x", rank=1)


@pytest.mark.parametrize("mistake", [BOUNDS, negative], ids=["bounds", "sign"])
def test_a_transposes_filters_with_a_wrong_gradient_are_refused(mistake, monkeypatch):
    plant(monkeypatch, "collapse", mistake)
    with pytest.raises(DerivationError, match=r"convtranspose\(.*: the step 'collapse' does not hold"):
        derive(general(ops.ConvTranspose, 1), "w", rank=1)


def test_a_selected_channel_that_collects_from_the_wrong_place_is_refused(monkeypatch):
    plant(monkeypatch, "collapse", lambda expr: expr.subs(sp.Integer(2), sp.Integer(1)))
    with pytest.raises(DerivationError, match=r"select\(.*: the step 'collapse' does not hold"):
        derive(ops.Select((2, 0, 1)), rank=1)


def test_a_maximum_that_passes_its_gradient_to_every_tap_is_refused(monkeypatch):
    all_taps = without(lambda c: type(c).__name__ == "Attains")
    plant(monkeypatch, "jacobian", all_taps)
    with pytest.raises(DerivationError, match=r"maxpool\(.*: the step 'jacobian' does not hold"):
        derive(ops.MaxPool((2, 3), stride=1))


def test_a_chain_that_misses_half_the_batch_is_refused(monkeypatch):
    def short(body, ranges, conditions=()):
        (first, extent), *rest = ranges
        return Sigma(body, [(first, extent - 1), *rest], conditions)

    monkeypatch.setattr(operators, "Sigma", short)
    with pytest.raises(DerivationError, match="the step 'chain rule' does not hold"):
        derive(STRIDED, "b")


def test_an_irrational_slope_that_is_a_little_wrong_is_refused(monkeypatch):
    plant(monkeypatch, "jacobian", lambda expr: expr * (1 + sp.Rational(1, 10**30)))
    with pytest.raises(DerivationError, match=r"localresponsenorm\(.*: the step 'jacobian' does not hold"):
        derive(ops.LocalResponseNorm(3), rank=1)


def test_the_message_says_where_and_with_what_numbers(monkeypatch):
    plant(monkeypatch, "collapse", negative)
    with pytest.raises(DerivationError) as caught:
        derive(ops.Conv(1, (1,)), "b", rank=1)
    lines = str(caught.value).splitlines()
    assert lines[0] == "dL/db of conv(F, (1,)): the step 'collapse' does not hold."
    assert lines[1].startswith("  here    at f = ")
    left, right = lines[1].partition("the left side is ")[2].split(", the right side ")
    assert int(left) == -int(right) != 0
    assert lines[2] == "  rule    both sides of every equation agree exactly on small instances"


def test_without_its_checks_a_derivation_would_believe_anything(monkeypatch):
    monkeypatch.setattr(derivation, "check_all", lambda *_: None)
    plant(monkeypatch, "collapse", negative)
    assert derive(STRIDED, "b").result.right.could_extract_minus_sign()


@pytest.mark.parametrize("lacking", ["steps", "instances"])
def test_a_derivation_that_would_check_nothing_cannot_be_made(lacking):
    with pytest.raises(DerivationError, match=f"a derivation without any {lacking[:-1]} has checked nothing"):
        replace(derive(STRIDED, "b"), **{lacking: ()})


def test_symbolic_windows_are_checked_on_instances_that_differ_in_every_setting():
    instances = [instance.values for instance in derive(general(ops.Conv, 2), "y").instances]
    found = {symbol: {values[symbol] for values in instances} for symbol in instances[0]}
    for letter, numbers in {"K": {2, 3}, "s": {1, 2, 3}, "d": {1, 2, 3}, "p": {0, 1, 2}}.items():
        axes = [values for symbol, values in found.items() if str(symbol).startswith(f"{letter}_")]
        assert axes == [numbers, numbers]
    lengths = {values[symbol] for values in instances for symbol in values if str(symbol) == "H"}
    assert len(lengths) >= 4, "every rest that a stride can leave"


@pytest.mark.parametrize(
    "mistake",
    [
        lambda c, o, k, n: sp.Lt(c["s"] * o + c["d"] * k, n),  # the padding left out of the upper bound
        lambda c, o, k, n: sp.Lt(c["s"] * o + c["d"] * k - c["p"], n - 1),
        lambda c, o, k, n: sp.Lt(o + c["d"] * k - c["p"], n),
    ],
)
def test_a_bound_that_two_windows_alone_would_not_tell_is_refused(mistake):
    whole = derive(general(ops.Conv, 1), "y", rank=1)
    (total,) = whole.result.right.atoms(Sigma)
    letters = {str(s): s for s in whole.result.right.free_symbols if isinstance(s, sp.Symbol)}
    conditions = [
        mistake(letters, letters["o"], letters["k"], letters["L"]) if isinstance(c, sp.Lt) else c
        for c in total.conditions
    ]
    wrong = whole.result.right.xreplace({total: Sigma(total.body, total.ranges, conditions)})
    with pytest.raises(DerivationError, match="the step 'definition' does not hold"):
        replace(whole, steps=(replace(whole.result, right=wrong),))


def test_the_position_that_a_maximum_names_is_the_one_that_is_checked():
    whole = derive(ops.MaxPool((2,), stride=1))
    wrong = whole.result.right.replace(
        lambda e: isinstance(e, Attains), lambda e: Attains(e.args[0], e.args[1].args, [*e.args[2].args[:2], 7])
    )
    with pytest.raises(DerivationError, match="the step 'collapse' does not hold"):
        replace(whole, steps=(replace(whole.result, right=wrong),))


def test_matrices_of_unequal_shapes_are_not_equal():
    row, column = sp.ImmutableMatrix([[1, 2]]), sp.ImmutableMatrix([[1], [2]])
    for sign in ("=", "identical"):
        with pytest.raises(DerivationError, match="the step 'turned' does not hold"):
            derivation.Derivation(
                "Shapes", (), (step("Turned", "a mistake:", row, column, (), sign),), (Instance({}, {}),)
            )


def test_rounding_is_no_strict_inequality():
    z = sp.Symbol("z", real=True)
    claim = step("Less", "a mistake:", sp.exp(2 * z), sp.exp(z) * sp.exp(z, evaluate=False), (), "<")
    with pytest.raises(DerivationError, match="the step 'less' does not hold"):
        derivation.Derivation("Rounding", (), (claim,), (Instance({z: Fraction(1, 3)}, {}),))


@pytest.mark.parametrize("value", [float("nan"), 1e300, sp.oo, "3"])
def test_an_instance_has_exact_numbers(value):
    with pytest.raises(DerivationError, match="an instance has exact numbers"):
        Instance({sp.Symbol("z"): value}, {})


def test_an_unknown_relation_and_a_bad_index_on_the_left_are_refused_by_the_step():
    k, x = sp.Symbol("k", integer=True, nonnegative=True), sp.IndexedBase("x", real=True)
    with pytest.raises(DerivationError, match="the step 'odd' has an unknown relation"):
        step("Odd", "a mistake:", k, k, [(k, 3)], "==")
    beyond = step("Beyond", "a mistake:", x[k + 5], x[k], [(k, 2)])
    with pytest.raises(DerivationError, match="the step 'beyond' does not hold"):
        derivation.Derivation("Index", (), (beyond,), (Instance({}, {"x": Tensor((2,), [1, 1])}),))


def test_an_equation_over_all_integers_is_checked_below_zero_too():
    n = sp.Symbol("n", integer=True)
    claim = step("Positive", "a mistake:", sp.Abs(n), n, [(n, sp.oo)])
    with pytest.raises(DerivationError, match="at n = -"):
        derivation.Derivation("Distance", (), (claim,), (Instance({sp.oo: 2}, {}),))


WINDOW = general(ops.Conv, 2)
CHOSEN = {"K": (3, 2), "s": (2, 1), "d": (1, 3), "p": (1, 2)}
"""The numbers of a convolution in which no two settings are equal on an axis."""

GIVEN = ops.Conv(1, CHOSEN["K"], stride=CHOSEN["s"], dilation=CHOSEN["d"], padding=CHOSEN["p"])
LETTERS = {letter: [sp.Symbol(f"{letter}_{i}", integer=True, positive=True) for i in (1, 2)] for letter in "Ksd"}
LETTERS["p"] = [before for before, _ in WINDOW.padding]
NUMBERS = {symbol: CHOSEN[letter][i] for letter, pair in LETTERS.items() for i, symbol in enumerate(pair)}


@cache
def derived(op, wrt):
    return derive(op, wrt)


def always(mistake):
    """A mistake for which the step does not matter."""
    return lambda formula, _: mistake(formula)


def entry(name, change):
    """The mistake that reads every entry of an array elsewhere."""

    def mistaken(formula, _=None):
        return formula.replace(
            lambda e: isinstance(e, sp.Indexed) and str(e.base) == name, lambda e: e.base[change(e.indices)]
        )

    return mistaken


def flipped(formula, step):
    """The mistake that takes the kernel's taps backwards, or the taps of its gradient."""
    last = [k - 1 for k in LETTERS["K"]]
    back = entry("w", lambda i: (*i[:2], *(k - tap for k, tap in zip(last, i[2:], strict=True))))(formula)
    taps = {symbol: last[int(str(symbol)[-1]) - 1] - symbol for symbol, _ in step.over if str(symbol).startswith("k_")}
    return back if back != formula else formula.xreplace(taps)


def exchanged(*pairs):
    """The mistake that takes one symbol for another, both ways."""
    swaps = {a: b for one, other in pairs for a, b in ((one, other), (other, one))}
    return always(lambda formula: formula.xreplace(swaps))


def turned_around(formula, step):
    """The mistake that exchanges the two axes of what the step is about."""
    free = {str(symbol): symbol for symbol, _ in step.over}
    pairs = [(free[f"{letter}_1"], free[f"{letter}_2"]) for letter in "jk" if f"{letter}_1" in free]
    return exchanged(*pairs)(formula, step)


def outermost(formula):
    return next((e for e in sp.preorder_traversal(formula) if isinstance(e, Sigma)), None)


def ranged(axis, by):
    """The mistake in the extent of one range of the outermost sum."""

    def mistaken(formula, _):
        total = outermost(formula)
        if total is None or axis >= len(total.ranges):
            return formula
        ranges = [(symbol, extent + by * (i == axis)) for i, (symbol, extent) in enumerate(total.ranges)]
        return formula.xreplace({total: total.func(total.body, ranges, total.conditions)})

    return mistaken


def unsummed(axis):
    """The mistake that takes the first term of one range for the sum over it."""

    def mistaken(formula, _):
        total = outermost(formula)
        if total is None or axis >= len(total.ranges):
            return formula
        gone, first = total.ranges[axis][0], {total.ranges[axis][0]: sp.S.Zero}
        ranges = [pair for pair in total.ranges if pair[0] != gone]
        conditions = [c.xreplace(first) for c in total.conditions]
        return formula.xreplace({total: total.func(total.body.xreplace(first), ranges, conditions)})

    return mistaken


MUTATORS = {
    "the wrong sign": always(negative),
    "a factor of 2": always(lambda formula: 2 * formula),
    "the kernel flipped": flipped,
    "the kernel's axes exchanged": entry("w", lambda i: (*i[:2], i[3], i[2])),
    "the kernel's f and c swapped": entry("w", lambda i: (i[1], i[0], *i[2:])),
    "the input's axes exchanged": entry("x", lambda i: (*i[:2], i[3], i[2])),
    "the input's n and c swapped": entry("x", lambda i: (i[1], i[0], *i[2:])),
    "the gradient's axes exchanged": entry("dL/dy", lambda i: (*i[:2], i[3], i[2])),
    "the gradient's n and f swapped": entry("dL/dy", lambda i: (i[1], i[0], *i[2:])),
    "the axes exchanged": turned_around,
    "stride and dilation exchanged": exchanged(*zip(LETTERS["s"], LETTERS["d"], strict=True)),
    "the padding's sign": always(lambda formula: formula.xreplace({p: -p for p in LETTERS["p"]})),
    "the padding left out": always(lambda formula: formula.xreplace(dict.fromkeys(LETTERS["p"], sp.S.Zero))),
    **{f"range {axis} short by one": ranged(axis, -1) for axis in range(4)},
    **{f"range {axis} long by one": ranged(axis, 1) for axis in range(4)},
    **{f"no sum over range {axis}": unsummed(axis) for axis in range(4)},
}
STEPS = [(wrt, i) for wrt in "xwb" for i in range(4)]


def unchanged(step, formula):
    """Whether a mistake is none: the formulas are the same, or a sum against brackets makes them the same."""
    ranges = dict(step.over)
    return formula == step.right or collapse(formula, [], ranges) == collapse(step.right, [], ranges)


def planted(wrt, i):
    """A step of the general derivation, and all mistakes in it that change it, by name."""
    step = derived(WINDOW, wrt).steps[i]
    found = {name: mutator(step.right, step) for name, mutator in MUTATORS.items()}
    return step, {name: formula for name, formula in found.items() if not unchanged(step, formula)}


@pytest.mark.parametrize("numbers", [{}, NUMBERS], ids=["symbols", "numbers"])
@pytest.mark.parametrize(("wrt", "i"), STEPS)
def test_every_mistake_in_any_step_is_refused_by_the_step_in_which_it_lies(wrt, i, numbers):
    whole = derived(GIVEN if numbers else WINDOW, wrt)
    step, mistakes = planted(wrt, i)
    assert step.name == whole.steps[i].name
    own = replace(whole.steps[i], right=step.right.xreplace(numbers))
    assert replace(whole, steps=(own,)).steps == (own,), "without a mistake, it holds with these numbers"
    said = {name: refusal(whole, replace(own, right=formula.xreplace(numbers))) for name, formula in mistakes.items()}
    assert [
        name for name, message in said.items() if f"the step '{step.name.lower()}' does not hold" not in message
    ] == []


def refusal(whole, step):
    """What the derivation of one step says that refuses it; nothing where it can be built."""
    try:
        replace(whole, steps=(step,))
    except DerivationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", MUTATORS)
def test_every_mistake_changes_some_step_and_none_that_it_does_not_speak_of(name):
    touched = {(wrt, i) for wrt, i in STEPS if name in planted(wrt, i)[1]}
    assert touched
    sums = {(wrt, i) for wrt, i in STEPS if outermost(derived(WINDOW, wrt).steps[i].right) is not None}
    if "range" in name:
        assert touched <= sums
    if "stride" in name or "padding" in name:
        assert touched == {(wrt, i) for wrt in "xwb" for i in (0, 2, 3)} - {("b", 2), ("b", 3)}
    if name in ("the wrong sign", "a factor of 2"):
        assert touched == set(STEPS)


def test_a_step_that_no_instance_reaches_is_refused():
    n, k = sp.Symbol("n", integer=True, positive=True), sp.Symbol("k", integer=True, nonnegative=True)
    claim = step("Anything", "a mistake:", k, k + 1, [(k, n - 1)])
    with pytest.raises(DerivationError, match="the step 'anything' was compared nowhere"):
        derivation.Derivation("Nothing", (), (claim,), (Instance({n: 1}, {}),))
