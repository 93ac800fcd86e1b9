"""Printed formulas: read into SymPy, never executed; what cannot be read is answered."""

from contextlib import suppress

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.audit.formulas import parse
from cnnmath.audit.grammar import Grammar, Total, written_out
from cnnmath.audit.proof import same, throughout
from cnnmath.errors import SettingError
from cnnmath.symbolic.terms import array

L, K, P, S, a, b, i, j, r, s, x, y, z = sp.symbols("L K P S a b i j r s x y z", real=True)
f, g, X, dz = array("f"), array("g"), array("x"), array("dL/dz")
READ = {
    "(L - K + 2P)/S + 1": (L - K + 2 * P) / S + 1,
    "a - b - 1": a - b - 1,
    "-a b": -a * b,
    "a/b/2": a / b / 2,
    "2 a^2 b**3": 2 * a**2 * b**3,
    "2^-1": sp.Rational(1, 2),
    "a^-b": a**-b,
    "0.01 z": z / 100,
    "a(b + 1)": a * (b + 1),
    "(a + 1)(b + 1)": (a + 1) * (b + 1),
    "y = a + b": a + b,
    "floor(a/b)": sp.floor(a / b),
    "exp(-z) log(a)": sp.exp(-z) * sp.log(a),
    "x_23": X[2, 3],
    "x_ij": X[i, j],
    "x_(i+r-1)(j+s-1)": X[i + r - 1, j + s - 1],
    "dL/dz_12 f_22 + f_12 f_12": dz[1, 2] * f[2, 2] + f[1, 2] ** 2,
    "dL/dz[1, 2] x[0, 0]": dz[1, 2] * X[0, 0],
    "sum_ij dL/dz_ij f_ij": Total(dz[i, j] * f[i, j], i, j),
    "sum_i f_i + a": Total(f[i], i) + a,
    "2 sum_i a f_i - b": 2 * Total(a * f[i], i) - b,
    "sum_(i in G(k)) f_i^2": Total(f[i] ** 2, i),
    "z if z > 0 else 0.01 z": sp.Piecewise((z, z > 0), (z / 100, True)),
    "1 if x >= y else 2 if x < 0 else 3": sp.Piecewise((1, x >= y), (sp.Piecewise((2, x < 0), (3, True)), True)),
    "1(x >= y)": sp.Piecewise((1, x >= y), (0, True)),
    "[a, b + 1]": sp.Tuple(a, b + 1),
}
UNREADABLE = (
    *("", "a +", "(a", "a)", "2 +* b", "a if b", "a $ b", "x_()", "sum_() x", "a < b < c", "a^100", "[a", "else", "f("),
    *("9^9^9", "((((((9^9)^9)^9)^9)^9)^9)^9", "(" * 60 + "a" + ")" * 60, "floor(a, b, a)", "1/0", "0/0", ";"),
    *("a if b else c", "(a > b) + 1", "a if (a if a > 0 else b) else c"),
)


@pytest.mark.parametrize("text", READ)
def test_a_formula_is_read(text):
    assert parse(text) == READ[text]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_formula_is_answered(text):
    with pytest.raises(SettingError, match="this is no formula that can be read"):
        parse(text)


def test_the_message_shows_how_far_it_was_read():
    with pytest.raises(SettingError) as raised:
        parse("(L - K + ) / S")
    assert str(raised.value) == (
        "this is no formula that can be read.\n"
        "  here    read '(L - K +', then ' ) / S'\n"
        "  fix     write it as in '2P', 'x_23', 'sum_ij x_ij', 'z if z > 0 else 0'"
    )


def test_a_grammar_says_what_letters_and_functions_are():
    n = sp.Symbol("n", integer=True, positive=True)
    grammar = Grammar({"n": n}, {"sigma": lambda u: 1 / (1 + sp.exp(-u))})
    assert parse("n + sigma(z)(1 - sigma(z))", grammar) == n + (1 - 1 / (1 + sp.exp(-z))) / (1 + sp.exp(-z))
    assert parse("sigma(z)") == sp.Symbol("sigma", real=True) * z


def test_nothing_is_executed():
    assert parse("exit(a)") == sp.Symbol("exit", real=True) * a
    assert parse("print(a) if a > 0 else quit(b)").free_symbols == {a, b, *sp.symbols("print quit", real=True)}


@given(st.text(max_size=20) | st.text("abxyz_0123456789+-*/^()[],<>= sum", max_size=30))
def test_any_text_is_a_formula_or_is_answered(text):
    with suppress(SettingError):
        assert isinstance(parse(text), sp.Basic)


def test_a_sum_is_written_out_over_its_range():
    assert written_out(parse("sum_ij f_ij g_(i+j)"), {"i": range(2), "j": range(1, 3)}) == (
        f[0, 1] * g[1] + f[0, 2] * g[2] + f[1, 1] * g[2] + f[1, 2] * g[3]
    )
    with pytest.raises(SettingError, match="the range of a sum is not known"):
        written_out(parse("sum_k f_k"), {"i": range(2)})


n, m = (sp.Symbol(name, integer=True, positive=True) for name in "nm")
positive = sp.Symbol("q", nonnegative=True)
EQUAL = {
    "a square": ((n + 1) ** 2, n**2 + 2 * n + 1, True),
    "an integer leaves the floor": (sp.floor(n / m + 1), sp.floor(n / m) + 1, True),
    "a floor is not the quotient": (sp.floor(n / m), n / m, False),
    "one number": (sp.Integer(3), sp.Integer(3), True),
    "another number": (sp.Integer(3), sp.Integer(4), False),
    "exponentials": (1 / (1 + sp.exp(-z)), sp.exp(z) / (1 + sp.exp(z)), True),
    "a derivative": (sp.exp(z) / (1 + sp.exp(z)) ** 2, sp.exp(z) / (1 + sp.exp(z)), False),
    "cases": (sp.Piecewise((z, z > 0), (0, True)), sp.Piecewise((0, z < 0), (z, True)), True),
    "cases that differ at 0 alone": (sp.Piecewise((1, z > 0), (0, True)), sp.Piecewise((1, z >= 0), (0, True)), False),
    "the positive part of what is positive": (sp.Piecewise((positive, positive > 0), (0, True)), positive, True),
    "entries": (X[1, 2] * f[0], f[0] * X[1, 2], True),
    "other entries": (X[1, 2] * f[0], f[0] * X[2, 1], False),
    "pairs": (sp.Tuple(a, b), sp.Tuple(a, b), True),
    "pairs in another order": (sp.Tuple(a, b), sp.Tuple(b, a), False),
    "a pair and a number": (sp.Tuple(a, b), a, False),
    "a sum whose range is not known": (Total(X[i], i), a, False),
    "what has a pole": (1 / (n - 3), n, False),
}


@pytest.mark.parametrize("name", EQUAL)
def test_formulas_are_compared(name):
    left, right, verdict = EQUAL[name]
    assert same(left, right) is verdict
    assert same(right, left) is verdict


def test_what_is_equal_at_samples_alone_is_not_called_equal():
    """Zero at every integer from 1 to 40, but not proved to be zero, and not zero at 41."""
    vanishing = sp.prod([n - k for k in range(1, 41)])
    assert same(vanishing, sp.Integer(0)) is None
    assert throughout([True, None, True]) is None
    assert throughout([]) is True


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 5), st.integers(1, 5))
def test_linear_rules_are_equal_only_where_they_are(c, d, e, h):
    assert same(sp.floor((n + c) / e), sp.floor((n + d) / h)) is ((c, e) == (d, h))
