"""Sizes, widths and classes as symbols: one formula gives the numbers of all of them."""

import pytest
import sympy

from cnnmath import zoo
from cnnmath.graph import analyze

FORMS = (
    *("lenet5", "lenet5_1998", "lenet5_rgb", "alexnet", "alexnet_2012", "alexnet_slim", "vgg11_bn"),
    *("resnet18_a", "plain18", "resnet50_v1_bias", "resnet50_slim", "resnet20", "resnet20_b"),
)


@pytest.mark.parametrize("name", FORMS)
def test_the_totals_at_symbolic_sizes_are_those_of_every_size(name):
    sizes = sympy.symbols("H W", integer=True, positive=True)
    channels, *own = zoo.named(name).input_shape
    formula = analyze(zoo.ALL[name]((channels, *sizes)))
    for given in (tuple(own), (own[0] + 3, own[1] + 30)):
        number = analyze(zoo.ALL[name]((channels, *given)))
        values = dict(zip(sizes, given, strict=True))
        found = tuple(sympy.sympify(total).subs(values) for total in (formula.parameters, formula.macs))
        assert found == (number.parameters, number.macs), given


@pytest.mark.parametrize("name", zoo.ALL)
def test_the_parameters_grow_linearly_with_the_number_of_classes(name):
    classes = sympy.Symbol("K", integer=True, positive=True)
    parameters = sympy.sympify(analyze(zoo.ALL[name](classes=classes)).parameters)
    ten, eleven = (analyze(zoo.ALL[name](classes=k)).parameters for k in (10, 11))
    assert sympy.expand(parameters - (ten + (eleven - ten) * (classes - 10))) == 0
