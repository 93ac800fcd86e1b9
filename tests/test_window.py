"""The window's algebra against brute force, and its laws."""

from itertools import count, product
from math import prod

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import SettingError
from cnnmath.verify.strategies import windows
from cnnmath.window import IDENTITY, Window, compose, paths

SETTINGS = list(product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3), (0, 1, 3), (0, 2)))
NAMES = ("kernel", "stride", "dilation", "before", "after")
chains = st.lists(windows(blind=True).map(lambda drawn: drawn[0]), max_size=4)


def brute_placements(w, n):
    """Number of o = 0, 1, ... whose window ends inside the padded input."""
    return sum(1 for o in range(n + w.before + w.after) if o * w.stride + w.extent <= n + w.before + w.after)


def test_placements_count_the_positions_at_which_a_window_fits():
    for setting in SETTINGS:
        w = Window(*setting)
        for n in range(12):
            assert max(w.placements(n), 0) == brute_placements(w, n), (w, n)


def test_the_extent_is_the_stretch_between_first_and_last_tap():
    for setting in SETTINGS:
        w = Window(*setting)
        assert w.extent == w.tap(0, w.kernel - 1) - w.tap(0, 0) + 1


def test_the_preimage_holds_every_input_length_with_that_many_outputs_and_no_other():
    for setting in SETTINGS:
        w = Window(*setting)
        for o in range(1, 5):
            least, greatest = w.preimage(o)
            lengths = [n for n in range(least - 3, greatest + 4) if w.placements(n) == o]
            assert lengths == list(range(least, greatest + 1)), (w, o)


def test_outputs_of_a_tap_are_those_that_read_inside_the_input():
    for setting in SETTINGS:
        w = Window(*setting)
        for n, k in product(range(1, 9), range(w.kernel)):
            inside = [o for o in range(w.placements(n)) if 0 <= w.tap(o, k) < n]
            assert list(w.outputs(k, n)) == inside, (w, n, k)


def test_readers_of_an_input_are_the_outputs_and_taps_that_meet_it():
    for setting in SETTINGS:
        w = Window(*setting)
        for n in range(1, 8):
            pairs = list(product(range(w.placements(n)), range(w.kernel)))
            for j in range(n):
                assert sorted(w.readers(j, n)) == [(o, k) for o, k in pairs if w.tap(o, k) == j], (w, n, j)


def test_a_window_is_blind_where_no_tap_lies_inside_the_input():
    seen = set()
    for setting in SETTINGS:
        w = Window(*setting)
        for n in range(1, 8):
            blind = [o for o in range(w.placements(n)) if not any(0 <= w.tap(o, k) < n for k in range(w.kernel))]
            assert w.blind(n) == (blind[0] if blind else None), (w, n)
            seen.add(bool(blind))
    assert seen == {True, False}


@given(st.tuples(*(st.integers(1, 12) for _ in range(3)), *(st.integers(0, 30) for _ in range(2))), st.integers(1, 20))
def test_the_first_blind_window_is_found_with_any_padding_and_dilation(setting, n):
    w = Window(*setting)
    blind = [o for o in range(w.placements(n)) if not any(0 <= w.tap(o, k) < n for k in range(w.kernel))]
    assert w.blind(n) == (blind[0] if blind else None)


@pytest.mark.parametrize(
    ("window", "n", "first"),
    [
        (Window(10**9), 10**9, None),
        (Window(10**9, before=10**9), 10**9, 0),
        (Window(10**9, stride=10**9, after=10**9), 10**9, 1),
        (Window(10**9, dilation=2, before=10**9 - 1, after=2 * 10**9), 1, 0),  # the input lies between odd taps
        (Window(10**9, dilation=2, before=10**9, after=2 * 10**9), 1, 1),
        (
            Window(10**9, 618_034, 1_000_003, before=10**13, after=10**18),
            1_000_000,
            next(o for o in count() if (618_034 * o - 10**13) % 1_000_003 >= 1_000_000),
        ),
    ],
)
def test_the_first_blind_window_is_found_at_once_whatever_the_kernel(window, n, first):
    assert window.blind(n) == first


@given(chains, st.integers(0, 40))
def test_composition_gives_the_size_of_the_chain_floors_included(chain, n):
    size = n
    for window in chain:
        size = window.placements(size)
    assert compose(chain).placements(n) == size


@given(chains, chains, chains)
def test_composition_is_associative_with_a_unit(first, second, third):
    a, b, c = compose(first), compose(second), compose(third)
    assert a.then(b).then(c) == a.then(b.then(c))
    assert IDENTITY.then(a) == a.then(IDENTITY) == a


@given(chains, st.integers(0, 3))
def test_the_composed_window_starts_at_the_first_and_ends_at_the_last_input_of_the_chain(chain, o):
    first = last = o
    for window in reversed(chain):
        first, last = window.tap(first, 0), window.tap(last, window.kernel - 1)
    whole = compose(chain)
    assert (whole.tap(o, 0), whole.tap(o, whole.kernel - 1)) == (first, last)


@given(chains)
def test_paths_are_the_tap_sequences_that_end_at_each_input(chain):
    counts = dict.fromkeys(range(compose(chain).extent), 0)
    for taps in product(*(range(window.kernel) for window in chain)):
        position = 0
        for window, k in zip(reversed(chain), reversed(taps), strict=True):
            position = window.stride * position + window.dilation * k
        counts[position] += 1
    assert paths(chain) == list(counts.values())
    assert sum(paths(chain)) == prod(window.kernel for window in chain)


@given(windows(blind=True), windows(blind=True), st.integers(1, 30), st.integers(1, 5))
def test_symbols_obey_the_same_lines_as_integers(first, second, n, o):
    numbers = [first[0], second[0]]
    symbols = [sympy.symbols([f"{name}{i}" for name in NAMES], integer=True, nonnegative=True) for i in range(2)]
    values = {
        s: getattr(w, name) for row, w in zip(symbols, numbers, strict=True) for s, name in zip(row, NAMES, strict=True)
    }
    length, output = sympy.symbols("n o", integer=True)
    a, b = (Window(*row) for row in symbols)
    formulas = (a.placements(length), *a.preimage(output), a.tap(output, 2), a.then(b).placements(length))
    w, v = numbers
    expected = (w.placements(n), *w.preimage(o), w.tap(o, 2), w.then(v).placements(n))
    assert tuple(f.subs(values | {length: n, output: o}) for f in formulas) == expected


def test_arrays_of_candidates_obey_the_same_lines_as_integers():
    columns = np.array(SETTINGS).T  # (5, settings)
    many, ones, n = Window(*columns), [Window(*setting) for setting in SETTINGS], np.arange(len(SETTINGS)) % 13
    pool = Window(3, stride=2, before=1)
    assert many.placements(n).tolist() == [w.placements(int(i)) for w, i in zip(ones, n, strict=True)]
    assert many.extent.tolist() == [w.extent for w in ones]
    assert np.transpose(many.preimage(4)).tolist() == [list(w.preimage(4)) for w in ones]
    assert many.then(pool).before.tolist() == [w.then(pool).before for w in ones]
    assert pool.then(many).kernel.tolist() == [pool.then(w).kernel for w in ones]


MISTAKES = {
    "the kernel must be at least 1.\n  rule    kernel >= 1\n  here    0 < 1\n  fix     use 1 or more": {"kernel": 0},
    "the stride must be at least 1.\n  rule    stride >= 1\n  here    0 < 1\n  fix     use 1 or more": {"stride": 0},
    "the dilation must be at least 1.\n  rule    dilation >= 1\n  here    -1 < 1\n  fix     use 1 or more": {
        "dilation": -1
    },
    "the stride must be an integer.\n  here    stride 1.5\n  fix     use an integer of at least 1": {"stride": 1.5},
    "the kernel must be an integer.\n  here    kernel True\n  fix     use an integer of at least 1": {"kernel": True},
    "the padding after must be an integer.\n  here    padding after '1'\n  fix     use an integer": {"after": "1"},
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_setting_that_no_window_can_have_is_refused_in_full(message):
    with pytest.raises(SettingError) as caught:
        Window(**({"kernel": 3} | MISTAKES[message]))
    assert str(caught.value) == message


def test_negative_padding_is_a_crop_and_composes_as_padding_does():
    crop = Window(1, stride=2, before=-3, after=-2)
    assert (crop.placements(10), crop.reads(0), crop.reads(2)) == (3, [3], [7])
    assert list(crop.readers(5, 10)) == [(1, 0)]
    both = Window(3, before=1, after=1).then(crop)
    assert (both.before, both.after) == (-2, -1)
    assert all(both.placements(n) == crop.placements(n) for n in range(7, 20))
