"""Axes that are no windows, and the fields behind chains of them: every statement against positions one by one."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.axis import Bins, Transposed, Whole
from cnnmath.phases import Phases, behind, hull, phases, union
from cnnmath.verify.strategies import windows
from cnnmath.window import IDENTITY, Window, compose

sliding = windows(blind=True).map(lambda drawn: drawn[0])
transposed = st.builds(Transposed, sliding, st.integers(0, 2))
chains = st.lists(st.one_of(sliding, transposed), max_size=4)
OUTPUTS = range(-7, 15)


def walked(chain, o):
    """Inputs that output ``o`` of a chain sees, by following every tap of every operator."""
    seen = [o]
    for axis in reversed(chain):
        seen = [j for i in seen for j in axis.reads(i)]
    return seen


def field_of(chain):
    field = IDENTITY
    for axis in chain:
        field = behind(field, axis)
    return field


def span(field, o):
    """First and last input that an output sees, of a field in either form."""
    if isinstance(field, Window):
        return field.tap(o, 0), field.tap(o, field.kernel - 1)
    return field.span(o)


def ends(positions):
    return (min(positions), max(positions)) if positions else None


@given(sliding, st.integers(-5, 9))
def test_a_window_reads_its_taps(w, o):
    assert w.reads(o) == [w.stride * o + w.dilation * k - w.before for k in range(w.kernel)]


@given(transposed, st.integers(1, 6))
def test_a_transpose_reads_what_its_window_spreads(axis, n):
    w = axis.window
    spread = [(w.tap(i, k), i) for i in range(-20, n + 20) for k in range(w.kernel)]
    for j in range(-3, axis.placements(n) + 3):
        assert sorted(axis.reads(j)) == sorted(i for at, i in spread if at == j)


@given(transposed, st.integers(1, 6))
def test_a_transpose_is_as_long_as_its_last_spread_and_what_is_added(axis, n):
    w = axis.window
    last = max(w.tap(n - 1, k) for k in range(w.kernel))
    assert axis.placements(n) == last + 1 - w.after + axis.extra


def test_upsampling_reads_one_input_for_every_block():
    up = Transposed(Window(3, stride=3))
    assert [up.reads(j) for j in range(6)] == [[0], [0], [0], [1], [1], [1]]
    assert up.placements(4) == 12


def test_bins_cover_the_input_and_start_at_the_floor_and_end_at_the_ceiling():
    for n, outputs in product(range(1, 12), range(1, 7)):
        bins = Bins(n, outputs)
        for o in range(outputs):
            first, end = o * n // outputs, -((-(o + 1) * n) // outputs)
            assert bins.reads(o) == [j for j in range(n) if first <= j < end] != []
        assert {j for o in range(outputs) for j in bins.reads(o)} == set(range(n))
        assert bins.placements(n) == outputs


@given(chains)
def test_the_field_of_a_chain_is_the_hull_of_what_it_reads_at_every_output(chain):
    field = field_of(chain)
    assert all(span(field, o) == ends(walked(chain, o)) for o in OUTPUTS)


@given(st.lists(sliding, max_size=4))
def test_a_chain_of_windows_stays_one_window(chain):
    field, whole = field_of(chain), compose(chain)
    assert isinstance(field, Window)
    assert (field.extent, field.stride, field.before) == (whole.extent, whole.stride, whole.before)
    assert all(span(field, o) == ends(walked(chain, o)) for o in OUTPUTS)


@given(chains)
def test_a_field_repeats_after_its_period_and_after_none_shorter(chain):
    field = field_of(chain)
    if isinstance(field, Window):
        return
    for o in OUTPUTS:
        now, later = field.span(o), field.span(o + field.period)
        assert later == (now and (now[0] + field.shift, now[1] + field.shift))
    for shorter in range(1, field.period):
        moved = Fraction(field.shift * shorter, field.period)
        pairs = [(field.span(o), field.span(o + shorter)) for o in range(2 * field.period)]
        again = all(b == (a and (a[0] + moved, a[1] + moved)) for a, b in pairs)
        assert not (again and moved.denominator == 1), (field, shorter)


def test_only_a_divisor_of_the_period_is_a_period():
    """Two outputs of three agree with steps of one; the fourth shows that they do not go on so."""
    field = Phases(3, ((0, 0), (5, 5), (2, 2)))
    assert field.simplest() == field
    assert [field.span(o) for o in range(6)] == [(0, 0), (5, 5), (2, 2), (3, 3), (8, 8), (5, 5)]


def test_a_transpose_and_its_window_make_a_window_again():
    block = Window(2, stride=2)
    assert field_of([Transposed(block), block]) == Window(1)
    assert field_of([block, Transposed(block)]) == Phases(2, ((0, 1), (0, 1)))
    assert field_of([Window(3), Transposed(Window(1))]) == Window(3)


@given(chains)
def test_extent_stride_and_padding_speak_of_the_spans(chain):
    field = phases(field_of(chain))
    spans = [field.span(o) for o in range(field.period)]
    assert field.extent == max((last - first + 1 for first, last in filter(None, spans)), default=0)
    assert Fraction(field.stride) * field.period == field.shift
    assert field.before == (-spans[0][0] if spans[0] else 0)


@given(chains, chains)
def test_the_union_of_fields_of_equal_stride_sees_what_either_sees(first, second):
    a, b = field_of(first), field_of(second)
    scale = Fraction(a.stride) / Fraction(b.stride)
    if scale.denominator == 1:  # bring the second to the stride of the first
        b = behind(b, Window(1, stride=scale.numerator))
        both = union(a, b)
        for o in OUTPUTS:
            assert span(both, o) == hull([span(a, o), span(b, o)])
        assert union(b, a) == both or [span(union(b, a), o) for o in OUTPUTS] == [span(both, o) for o in OUTPUTS]


@given(sliding, sliding)
def test_the_union_of_two_windows_is_a_window(a, b):
    b = Window(b.kernel, a.stride, b.dilation, b.before, b.after)
    both = union(a, b)
    assert isinstance(both, Window)
    assert all(span(both, o) == hull([span(a, o), span(b, o)]) for o in OUTPUTS)
    assert (both.before, both.after) == (max(a.before, b.before), max(a.after, b.after))


def test_behind_bins_and_behind_all_of_an_axis_there_is_no_field():
    assert behind(Window(3), Bins(7, 2)) is None
    assert behind(Window(3), Whole(7)) is None
    assert hull([]) is hull([None, None]) is None
    assert hull([None, (2, 3), (0, 1)]) == (0, 3)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Transposed(Window(4, stride=2, before=1, after=1)), (((-1, 0), (0, 1)), Fraction(1, 2))),
        (Transposed(Window(2, stride=3)), (((0, 0), (0, 0), None), Fraction(1, 3))),
        (Window(3, stride=2, before=1), (((-1, 1),), 2)),
    ],
    ids=str,
)
def test_phases_of_one_operator(axis, expected):
    field = Phases.of(axis)
    assert (field.spans, field.stride) == expected


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_a_field_written_with_a_multiple_of_its_period_is_found_again(period, times, shift, sizes):
    field = Phases(shift, tuple((o, o + sizes[o]) for o in range(period)))
    longer = Phases(shift * times, tuple(field.span(o) for o in range(period * times)))
    assert longer.simplest() == field.simplest()


def test_sixteen_upsamplings_take_no_search_for_a_shorter_period(monkeypatch):
    asked = []
    divided = Phases.divided
    monkeypatch.setattr(Phases, "divided", lambda field, prime: asked.append(prime) or divided(field, prime))
    field = field_of([Transposed(Window(2, stride=2))] * 16)
    assert field == Phases(1, ((0, 0),) * 2**16)
    assert asked == []
    assert behind(field, Window(1, stride=2**16)) == Window(1)
    assert Phases(2, ((0, 0), (1, 1))).simplest() == Window(1)
    assert asked == [2, 2]
