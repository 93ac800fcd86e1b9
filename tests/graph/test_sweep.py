"""Sweeps against the analysis of every candidate by itself: totals, acceptance, exactness beyond 64 bits, mistakes."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import DataError, SettingError, ShapeError
from cnnmath.graph import INPUT, Architecture, analyze, parse
from cnnmath.graph import sweep as module
from cnnmath.graph.sweep import sweep
from tests.graph.nets import chain, toy


def alone(build, **candidate):
    """Totals and acceptance of one candidate, as the summary has them."""
    try:
        summary = analyze(build(**candidate))
    except ShapeError:
        return 0, 0, False
    return summary.parameters, summary.macs, True


def agree(build, **candidates):
    """Whether a sweep says of every candidate what its own analysis says, with Python's exact integers."""
    found = sweep(build, **candidates)
    rows = zip(*(values.ravel().tolist() for values in found.candidates.values()), strict=True)
    expected = [alone(build, **dict(zip(found.candidates, row, strict=True))) for row in rows]
    columns = (found.parameters, found.macs, found.accepted)
    return list(zip(*(column.ravel().tolist() for column in columns), strict=True)) == expected


BUILDS = {
    "resnet50": (lambda width, size: zoo.resnet(50, (3, size, size), width=width), [8, 64, 100]),
    "resnet18": (lambda width, size: zoo.resnet(18, (3, size, size), width=width), [8, 64, 100]),
    "vgg11": (lambda width, size: zoo.vgg(11, (3, size, size), width=width), [4, 64]),
    "slim": (lambda width, size: zoo.resnet(50, (3, size, size), stride="last", width=width), [8, 64]),
}


@pytest.mark.parametrize("name", BUILDS)
def test_a_sweep_of_widths_and_sizes_is_the_analysis_of_each(name):
    build, widths = BUILDS[name]
    assert agree(build, width=np.array(widths)[:, None], size=np.array([1, 31, 32, 33, 63, 64, 224, 225]))


def test_sizes_that_do_not_fit_are_flagged_and_count_nothing():
    found = sweep(lambda size: zoo.alexnet((3, size, size)), size=[16, 62, 63, 224])
    assert found.accepted.tolist() == [False, False, True, True]
    assert found.macs.tolist() == [0, 0, analyze(zoo.alexnet((3, 63, 63))).macs, 714_188_480]
    assert repr(found) == "4 candidates (size 16..224): 2 accepted, MACs 98,144,960..714,188,480"
    assert repr(sweep(lambda size: zoo.alexnet((3, size, size)), size=[16])) == (
        "1 candidates (size 16..16): none accepted"
    )


def blind(size):
    return chain(ops.Conv(1, 2, stride=2), ops.MaxPool(2, dilation=3, padding=2, stride=1), shape=(1, size, size))


FITS = {
    "branches of unequal shapes": (lambda size: toy("unaligned_3", (1, size, size)), {"size": range(1, 12)}, 3),
    "groups that do not divide": (
        lambda channels: chain(ops.Conv(8, 3, groups=2), shape=(channels, 8, 8)),
        {"channels": range(1, 7)},
        3,
    ),
    "transposes that cut off all": (
        lambda size: chain(ops.ConvTranspose(1, (2,), padding=2), shape=(1, size)),
        {"size": range(1, 6)},
        2,
    ),
    "poolings of padding alone": (blind, {"size": range(1, 20)}, None),
    "dilated poolings": (
        lambda d, size: chain(ops.MaxPool((2,), dilation=d, padding=1, stride=1), shape=(1, size)),
        {"d": np.arange(1, 5)[:, None], "size": range(1, 9)},
        None,
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_every_reason_not_to_fit_is_found_for_each_candidate(name):
    build, candidates, fits = FITS[name]
    candidates = {key: values if isinstance(values, np.ndarray) else list(values) for key, values in candidates.items()}
    assert agree(build, **candidates)
    accepted = sweep(build, **candidates).accepted
    assert 0 < accepted.sum() < accepted.size
    assert fits is None or accepted.sum() == fits


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.data())
def test_any_setting_of_a_convolution_may_be_swept(kernel, stride, dilation, padding, data):
    many = st.lists(st.integers(1, 4), min_size=3, max_size=3)
    setting = {"kernel": kernel, "stride": stride, "dilation": dilation, "filters": 3, "size": 9}
    names = data.draw(st.lists(st.sampled_from(sorted(setting)), min_size=1, unique=True))

    def build(**swept):
        s = setting | swept
        conv = ops.Conv(s["filters"], (s["kernel"],), stride=s["stride"], dilation=s["dilation"], padding=padding)
        return chain(conv, ops.BatchNorm(), ops.Conv(2, (2,)), shape=(2, s["size"]))

    assert agree(build, **{name: data.draw(many) for name in names})


def test_groups_may_be_swept_one_by_one():
    assert agree(lambda groups: chain(ops.Conv(8, 3, groups=groups), shape=(8, 9, 9)), groups=[1, 2, 4, 8])


def test_a_setting_that_no_operator_has_is_an_error_and_not_a_flag():
    with pytest.raises(SettingError, match="the groups do not divide the filters"):
        sweep(lambda groups: chain(ops.Conv(8, 3, groups=groups), shape=(24, 9, 9)), groups=[2, 3])


def test_sizes_beyond_64_bits_stay_exact():
    n = 2**40
    found = sweep(lambda size: zoo.resnet50((3, size, size)), size=[224, n])
    assert found.macs.tolist() == [4_089_184_256, analyze(zoo.resnet50((3, n, n))).macs]
    assert found.macs[1] > 2**80
    line = sweep(lambda n: chain(ops.Conv(3, (1,)), shape=(1, n)), n=[5, 2**63, 2**70])
    assert line.macs.tolist() == [15, 3 * 2**63, 3 * 2**70]


@pytest.mark.parametrize("order", [1, -1])
def test_counts_that_overflow_at_the_least_candidate_alone_stay_exact(order):
    """The greatest stride has the least count: no bound at the greatest candidates would have seen it."""

    def build(stride):
        return chain(ops.Conv(1, 3, stride=stride, padding=1), shape=(1, 2**31, 2**31))

    found = sweep(build, stride=[1, 2**20][::order])
    assert found.macs.tolist() == [9 * 2**62, 9 * 2**22][::order]


def test_a_kernel_whose_count_is_greatest_in_the_middle_stays_exact():
    n = 2**17
    build = lambda k: chain(ops.Conv(1, k), shape=(1, n, n))  # noqa: E731 - as short as what it builds
    found = sweep(build, k=[1, n // 2, n])
    assert found.macs.tolist() == [n**2, (n // 2) ** 2 * (n // 2 + 1) ** 2, n**2]
    assert found.macs[1] > 2**63


def test_totals_that_fit_are_64_bit_integers():
    found = sweep(lambda size: zoo.resnet50((3, size, size)), size=[224])
    assert (found.macs.dtype, found.parameters.dtype, found.accepted.dtype) == (np.int64, np.int64, np.bool_)


def test_two_candidates_are_not_taken_for_two_axes():
    for setting in ("kernel", "stride", "dilation", "padding"):
        assert agree(lambda v, s=setting: chain(ops.Conv(1, **{"kernel": 2, s: v}), shape=(1, 9, 9)), v=[1, 3]), setting


def test_blocks_make_no_difference(monkeypatch):
    build, sizes = (lambda size: zoo.resnet18((3, size, size))), list(range(1, 40))
    whole = sweep(build, size=sizes)
    monkeypatch.setattr(module, "BLOCK", 7)
    assert sweep(build, size=sizes).macs.tolist() == whole.macs.tolist()


def test_candidates_broadcast_to_one_shape():
    found = sweep(lambda w, n: chain(ops.Conv(w, 3), shape=(1, n, n)), w=np.array([[1], [2]]), n=[3, 4, 5])
    assert found.macs.tolist() == [[9, 36, 81], [18, 72, 162]]
    assert found.candidates["w"].tolist() == [[1, 1, 1], [2, 2, 2]]
    assert sweep(lambda n: chain(ops.Conv(1, 3), shape=(1, n, n)), n=5).macs.tolist() == 81


def test_what_depends_on_no_candidate_is_constant():
    found = sweep(lambda n: chain(ops.Conv(2, 3), shape=(n, 4, 4)).with_input((1, 4, 4)), n=[1, 2])
    assert found.macs.tolist() == [72, 72]


def test_shared_parameters_count_once():
    def build(n):
        net = Architecture("shared", (2, n))
        net.add("a", ops.Conv(2, (3,), padding=1), INPUT)
        net.add("b", ops.Conv(2, (3,), padding=1), shares="a")
        return net

    assert agree(build, n=[1, 5, 9])


MISTAKES = {
    "no candidates": ({}, "there are no candidates."),
    "floats": ({"n": [1.0, 2.0]}, "candidates are positive integers.\n  here    n=[1.0, 2.0]\n  fix  "),
    "zero": ({"n": [0, 3]}, "candidates are positive integers.\n  here    n=[0, 3]"),
    "booleans": ({"n": [True]}, "candidates are positive integers.\n  here    n=[True]"),
    "words": ({"n": ["a"]}, "candidates are positive integers.\n  here    n=['a']"),
    "nothing": ({"n": []}, "candidates are positive integers.\n  here    n=[]"),
    "ragged lists": ({"n": [[1], [2, 3]]}, "candidates are positive integers.\n  here    n=[[1], [2, 3]]"),
    "shapes that do not broadcast": (
        {"n": [1, 2], "w": [1, 2, 3]},
        "the candidates have shapes that do not broadcast.\n  here    n (2,), w (3,)\n"
        "  fix     for every pair, give one as a column: widths[:, None]",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_answered(mistake):
    candidates, message = MISTAKES[mistake]
    with pytest.raises(DataError) as caught:
        sweep(lambda n=1, w=1: chain(ops.Conv(w, 3), shape=(1, n, n)), **candidates)
    assert str(caught.value).startswith(message)


def test_sizes_that_would_wrap_in_64_bits_are_python_integers():
    build = partial(parse, "flatten > linear(1)")
    sizes = [2**30 + 6, 2**31, 5]
    found = sweep(lambda s: build((64, s, s)), s=sizes)
    assert found.parameters.tolist() == [64 * s * s + 1 for s in sizes]
    assert found.parameters.tolist() == [analyze(build((64, s, s))).parameters for s in sizes]
    assert sweep(lambda s: build((64, s, s)), s=[2**20, 5]).parameters.dtype == np.int64
