import re
from fractions import Fraction

import numpy as np
import pytest
from making import show
from making.grids import MARKS, Grid, block, laid, products, row, written
from making.sliding import frames, reading, rule
from making.stepper import Frame, stepper

import cnnmath
from cnnmath.ops import Conv
from cnnmath.readers import Tensor, gradient
from cnnmath.window import Window


def test_every_number_of_an_array_stands_in_its_picture():
    svg = Grid.of([[1, -2], [Fraction(1, 2), 0.25]], heads="ab", sides=["row 0", "row 1"]).svg()
    assert re.findall(r">([^<>]+)</text>", svg) == ["1", "−2", "1/2", "0.25", "a", "b", "row 0", "row 1"]


def test_cells_are_as_wide_as_their_longest_words_and_nothing_leaves_the_picture():
    for cells in ([1, 2], ["a long word", 1]):
        svg = Grid.of(cells, sides=["side"]).svg()
        left, _, width, _ = map(float, re.search(r'viewBox="([^"]+)"', svg)[1].split())
        wide = float(re.search(r"h([\d.]+)", svg)[1]) / len(cells)
        assert wide >= 8 * max(len(str(cell)) for cell in cells)
        assert all(float(x) < left + width for x in re.findall(r' x="([\d.]+)"', svg))


def test_a_window_has_one_outline_and_every_result_its_own():
    svg = Grid.of(np.zeros((4, 4), int), window=block((0, 1), (2, 2)), result=[(3, 0), (3, 3)]).svg()
    assert svg.count('class="outline"') == 3
    assert '<rect class="outline" x="30" y="0" width="60" height="60"/>' in svg


def test_a_picture_has_words_for_those_who_do_not_see_it_and_what_it_shows_cannot_break_the_page():
    html = row([Grid.of(["<b>"], "a & b"), "<"], 'he said "x"', "1 < 2")
    assert 'role="img" aria-label="he said &quot;x&quot;"' in html
    assert "<b>" not in html
    assert "a &amp; b" in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html


def test_the_style_sheet_has_a_look_for_every_mark(request):
    css = (request.config.rootpath / "docs/assets/grids.css").read_text()
    assert [mark for mark in MARKS if not re.search(rf"\.{mark}\b", css)] == []


@pytest.mark.parametrize("settings", [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"stride": 2, "padding": 2}])
def test_the_last_frame_has_the_whole_output_and_every_sentence_adds_up(settings):
    rng = np.random.default_rng(0)
    x, w = rng.integers(-9, 10, (5, 6)), rng.integers(-3, 4, (2, 2))
    y = cnnmath.forward(Conv(1, 2, bias=False, **settings), x[None, None], w=w[None, None])[0, 0]
    shown = frames(x, w, **settings)
    assert shown[-1].items[2].rows == tuple(tuple(map(written, line)) for line in y)
    assert [frame.said.rpartition(" = ")[2] for frame in shown] == [written(v) for v in y.ravel()]
    for frame in shown:
        sums = frame.said.split(" = ")[1].replace("−", "-").replace("·", "*")
        assert written(eval(sums)) == frame.said.rpartition(" = ")[2]


def test_as_many_positions_have_a_thick_border_as_the_kernel_has_taps():
    for frame in frames(np.arange(49).reshape(7, 7), np.ones((3, 3), int), dilation=2, padding=1):
        assert sum(mark == "window" for mark in frame.items[0].marks.values()) == 9


def test_what_outputs_read_is_what_the_definition_reads():
    window, n = Window(3, stride=2, dilation=2, before=1), 9
    grid, conv = reading(window, n), Conv(1, (3,), stride=2, dilation=2, padding=[(1, 0)], bias=False)
    for o in range(window.placements(n)):
        read = {j - 1 for j, cell in enumerate(grid.rows[o]) if cell.startswith("w")} & set(range(n))
        assert read == {at[2] for at in cnnmath.reach(conv, (0, 0, o), (1, 1, n))}


def test_positions_that_nothing_reads_are_crossed_out():
    assert [j for j, cell in enumerate(reading(Window(3, stride=5), 10).rows[0]) if cell == "×"] == [3, 4, 8, 9]


@pytest.mark.parametrize("window", [Window(3), Window(4, stride=3, before=2, after=1), Window(3, dilation=4, after=7)])
def test_the_rule_with_numbers_put_in_says_what_it_says(window):
    said = rule(window, 11).replace("−", "-").replace("⌊", "int(").replace("⌋", ")").replace("=", "==")
    assert eval(said)


def test_products_keep_their_signs():
    assert products([-1, 2], [3, -4]) == "(−1)·3 + 2·(−4) = −11"


def test_frames_stand_in_a_list_with_their_sentences():
    html = stepper([Frame([Grid.of([i])], f"y is {i} < 9") for i in range(3)], "it moves")
    assert html.count("<li>") == 3
    assert html.count("<p>y is ") == 3
    assert "&lt; 9" in html
    assert "<button" not in html
    assert laid(["a"], "b") not in html, "a picture with a sentence below it is not read out twice"


def test_entries_are_written_with_letters_and_numbers_and_have_the_values_of_the_gradient_reader():
    arrays = {"x": [[1, 2, 0], [3, 1, -1], [0, 2, 4]], "w": [[1, -2], [3, 5]], "dy": [[1, -1], [2, 3]]}
    for wrt, values in {"y": "11 0 11 29", "w": "8 1 8 18", "x": "1 -3 2 5 1 -11 6 19 15"}.items():
        lines = show.entries(Conv(1, 2, bias=False), wrt, arrays).split("</math></div>")[:-1]
        ends = [re.sub("<[^>]+>", "", line).rpartition("=")[2].replace("−", "-") for line in lines]
        assert ends == values.split()


def test_a_formula_that_does_not_give_the_value_stops_the_page(monkeypatch):
    right = gradient.backward
    monkeypatch.setattr(gradient, "backward", lambda op, dy, operands: right(op, Tensor(dy.shape, [1] * 4), operands))
    with pytest.raises(ValueError, match=r"dL/dw.* is not"):
        show.entries(Conv(1, 2, bias=False), "w", {"x": np.eye(3, dtype=int), "w": np.eye(2), "dy": [[2, 3], [4, 5]]})
