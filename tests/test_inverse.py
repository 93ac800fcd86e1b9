"""What a window must be, against brute force over layers and paddings."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import inverse
from cnnmath.errors import SettingError
from cnnmath.inverse import layers_for, same_padding
from cnnmath.window import Window, compose

sizes = st.integers(1, 6)


def counted(window, field):
    """Least number of layers that see the field, by composing them one by one."""
    layers = 0
    while compose([window] * layers).extent < field:
        layers += 1
    return layers


@given(st.integers(2, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 300))
def test_the_number_of_layers_is_what_composition_counts(kernel, stride, dilation, field):
    window = Window(kernel, stride, dilation)
    answer = layers_for(window, field)
    assert answer.layers == counted(window, field)
    chain = [compose([window] * layers).extent for layers in range(answer.layers + 2)]
    assert [*chain[:-2][-1:], answer.reached, answer.above] == [
        *([answer.below] if answer.layers else []), *chain[-2:],
    ]  # fmt: skip


def test_a_closed_form_that_is_off_by_one_layer_is_seen(monkeypatch):
    right = inverse._field
    monkeypatch.setattr(inverse, "_field", lambda window, layers: right(window, layers + 1))
    assert layers_for(Window(3, stride=2), 100).layers != counted(Window(3, stride=2), 100)


def test_the_published_depths_are_found():
    assert layers_for(Window(3), 7).layers == 3  # three 3x3 layers see what one 7x7 does: VGG, section 2.3
    assert repr(layers_for(Window(3), 100)) == (
        "50 layers of kernel 3, stride 1, dilation 1 reach a field of 100: 49 see 99, 50 see 101, 51 see 103\n"
        "  field after L layers = 1 + 2*(sum of 1 over i < L)"
    )
    assert layers_for(Window(3), 10**30).layers == (10**30) // 2


def test_a_field_that_no_depth_reaches_says_why():
    with pytest.raises(SettingError) as caught:
        layers_for(Window(1, stride=2), 3)
    assert str(caught.value) == (
        "a kernel of 1 never sees more than one position.\n"
        "  rule    field after L layers = 1 + (extent - 1)*(1 + s + ... + s^(L-1))\n"
        "  here    1 + 0 = 1 < 3, however many layers\n"
        "  fix     use a kernel of 2 or more"
    )
    assert layers_for(Window(1), 1).layers == 0
    with pytest.raises(SettingError, match="the field must be at least 1"):
        layers_for(Window(3), 0)
    with pytest.raises(SettingError, match="the kernel is a formula"):
        layers_for(Window(sympy.Symbol("K", integer=True, positive=True)), 9)


@given(sizes, sizes)
def test_padding_at_stride_1_keeps_every_size_and_no_other_total_does(kernel, dilation):
    answer = same_padding(kernel, dilation)
    totals = {
        total
        for total in range(60)
        if all(Window(kernel, 1, dilation, 0, total).placements(n) == n for n in range(1, 301))
    }
    assert totals == {answer.before + answer.after}
    assert answer.symmetric == (answer.before == answer.after) == (totals <= set(range(0, 60, 2)))
    assert 0 <= answer.after - answer.before <= 1
    assert ("no symmetric one" in repr(answer)) == (not answer.symmetric)


@given(sizes, sizes, st.integers(1, 4), st.integers(1, 300))
def test_padding_at_a_stride_is_the_least_that_gives_the_size_rounded_up(kernel, dilation, stride, n):
    answer = same_padding(kernel, dilation, stride, n)
    wanted = -(-n // stride)
    least = next(t for t in range(60) if Window(kernel, stride, dilation, 0, t).placements(n) == wanted)
    assert answer.before + answer.after == least
    assert answer.window.placements(n) == wanted


@given(sizes, sizes, st.integers(2, 4))
def test_the_padding_that_is_offered_instead_gives_the_size_rounded_up_at_every_size(kernel, dilation, stride):
    with pytest.raises(SettingError) as caught:
        same_padding(kernel, dilation, stride)
    total = Window(kernel, dilation=dilation).extent - 1
    before, after = total // 2, total - total // 2
    assert f"or pad ({before}, {after}):" in caught.value.lines["fix"]
    window = Window(kernel, stride, dilation, before, after)
    assert all(window.placements(n) == -(-n // stride) for n in range(1, 301))


def test_an_even_kernel_says_what_is_nearest():
    answer = same_padding(4)
    assert (answer.before, answer.after, answer.symmetric) == (1, 2, False)
    assert repr(answer).splitlines()[1] == (
        "  no symmetric one: (1, 1) gives n - 1, (2, 2) gives n + 1; a kernel of 3 or 5 would be symmetric"
    )
    assert [Window(4, before=p, after=p).placements(9) for p in (1, 2)] == [8, 10]
    assert all(same_padding(k).symmetric for k in (3, 5))


def test_a_stride_without_a_size_says_what_would_do():
    with pytest.raises(SettingError) as caught:
        same_padding(3, stride=2)
    assert str(caught.value) == (
        "no padding keeps every size at stride 2.\n"
        "  rule    floor((n + before + after - extent)/s) + 1 = n for every n needs s = 1\n"
        "  here    keeping n needs 2*(n - 1) + 3 - n in total, which grows with n\n"
        "  fix     give n for the least padding to ceil(n/2), or pad (1, 1): extent - 1 in total gives ceil(n/2) "
        "for every n"
    )
    for settings in ((0,), (3, 0), (3, 1, 0), (3, 1, 2, 0), ("3",), (3.5,), (sympy.Symbol("K"),)):
        with pytest.raises(SettingError):
            same_padding(*settings)
