"""Tables of a summary: one list of columns, and every format with all of its numbers."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from rich.console import Console

from cnnmath import ops, zoo
from cnnmath.errors import MissingExtraError
from cnnmath.graph import INPUT, Architecture, analyze, formats, parse
from cnnmath.graph.notation import sizes
from cnnmath.graph.table import COLUMNS, cells, notes, show, values
from tests.graph.nets import toy

HEADINGS = ["layer", "operator", "output", "parameters", "MACs", "field", "stride", "padding"]
PUBLISHED = (zoo.lenet5, zoo.alexnet, zoo.vgg16, zoo.resnet50)


def hostile():
    """A network with names that every format would take for its own signs."""
    net = Architecture("<b>net</b> & [co]", (2, 9, 7))
    net.add('a|b, "c"\n=1', ops.Conv(4, (3, 1)))
    net.add("<script>alert(1)</script>", ops.ReLU())
    net.add("*x*_y_`z`[0]\\", ops.Conv(4, 3, stride=(1, 2)), INPUT)
    return analyze(net)


def opened():
    """A network of sizes left open."""
    return analyze(parse("conv(F, 3) > maxpool(2) > flatten > linear(10)", sizes("3xHxW")))


def printed(summary, width):
    """What a terminal of this width shows."""
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    show(summary, console)
    return console.file.getvalue()


class Tables(HTMLParser):
    """Rows of the tables of a page, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.open, self.cell = [], [], [], None
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


def test_the_columns_are_those_that_others_rely_on():
    assert [column.name for column in COLUMNS] == HEADINGS


def test_a_row_for_people_and_a_row_for_programs():
    layer = analyze(zoo.alexnet()).layers[3]
    assert cells(layer) == ["features.3", "Conv", "192x27x27", "307,392", "223,948,800", "51", "8", "18"]
    assert values(layer)[:8] == ["features.3", "Conv", "192x27x27", 307_392, 223_948_800, 51, 8, 18]
    assert values(layer)[8:] == [0, 192 * 27 * 27, 223_948_800, 223_948_800, *[0] * 6]


def test_what_has_no_number_is_empty_and_a_padding_of_0_is_not():
    relu = hostile().layers[1]
    assert cells(relu)[3:] == ["", "", "3x1", "1", "0"]
    assert values(relu)[3:8] == [0, 0, "3x1", 1, 0]
    flat = analyze(parse("flatten", (1, 2))).layers[0]
    assert cells(flat)[5:] == ["", "", ""]
    assert values(flat)[5:8] == [None, None, None]


def test_axes_that_differ_are_told_apart():
    assert cells(hostile().layers[2])[5:] == ["3", "1x2", "0"]


@pytest.mark.parametrize("build", PUBLISHED)
@pytest.mark.parametrize("width", [30, 60, 80, 120, 300])
def test_a_terminal_of_any_width_shows_every_number_uncut(build, width):
    summary = analyze(build())
    words = printed(summary, width).split()
    for layer in summary.layers:
        for text in filter(None, cells(layer)[2:]):
            assert text in words


@pytest.mark.parametrize("build", PUBLISHED)
def test_what_fits_is_laid_out_alike_on_a_terminal_in_a_pipe_and_by_rich(build, capsys):
    summary = analyze(build())
    show(summary)
    assert capsys.readouterr().out == printed(summary, 200)
    summary.network.name = "n\u00e9"  # letters beyond ASCII may be wide, so that rich measures them
    assert "n\u00e9, input" in (by_rich := printed(summary, 200))
    summary.network.name = "ne"
    assert by_rich.replace("\u00e9", "e") == printed(summary, 200)


def test_wide_letters_keep_the_columns_below_each_other():
    net = parse("relu > relu", (1, 2))
    net.add("\u5c42", ops.ReLU())
    *_, plain, wide = [line for line in printed(analyze(net), 80).splitlines() if "ReLU" in line]
    assert wide.index("ReLU") == plain.index("ReLU") - 1


def test_eighty_letters_hold_the_whole_table():
    for build in PUBLISHED:
        assert max(map(len, printed(analyze(build()), 80).splitlines())) <= 80


def test_a_terminal_takes_no_name_for_markup():
    summary = analyze(parse("relu", (1, 2), "[bold]net[/bold] [/]"))
    assert "[bold]net[/bold] [/], input 1x2" in printed(summary, 80)


def test_notes_stand_below():
    summary = analyze(toy("unaligned_3", (1, 8, 8)))
    note = f"add: {summary.layers[-1].note}"
    for text in (printed(summary, 200), formats.html(summary)):
        assert note in text
    assert formats.markdown(summary).splitlines()[-1].replace("\\", "") == f"- {note}"


def test_comma_separated_values_are_read_back_with_every_number():
    summary = analyze(zoo.resnet50())
    rows = list(csv.DictReader(io.StringIO(summary.csv())))
    assert list(rows[0])[: len(HEADINGS)] == HEADINGS
    assert sum(int(row["buffers"]) for row in rows) == 53_120
    assert sum(int(row["parameters"]) for row in rows) == 25_557_032
    assert sum(int(row["MACs"]) for row in rows) == 4_089_184_256
    assert [row["layer"] for row in csv.DictReader(io.StringIO(hostile().csv()))] == [
        layer.name for layer in hostile().layers
    ]


def test_markdown_has_one_line_a_layer_and_takes_no_name_for_its_own():
    lines = hostile().markdown().splitlines()
    assert lines[0] == r"**\<b\>net\</b\> & \[co\], input 2x9x7**"
    assert lines[2] == "| " + " | ".join(HEADINGS) + " |"
    assert lines[4].startswith(r"""| a\|b, "c" =1 | Conv | 4x7x7 | 28 |""")
    assert lines[6].startswith(r"| \*x\*\_y\_\`z\`\[0\]\\ | Conv |")
    assert lines[7] == "| total |  |  | 104 | 2,688 |  |  |  |"
    assert len(lines) == 8


@pytest.mark.parametrize("build", [hostile, opened, lambda: analyze(zoo.vgg16())])
def test_html_is_a_table_with_caption_headings_and_every_cell(build):
    summary = build()
    page = Tables(formats.page(summary))
    assert page.rows[0] == HEADINGS
    assert page.rows[1:-1] == [cells(layer) for layer in summary.layers]
    assert page.rows[-1][0] == "total"
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") == tags.count("thead") == tags.count("tfoot") == 1
    assert "script" not in tags
    assert [attrs["scope"] for tag, attrs in page.tags if tag == "th"] == ["col"] * 8 + ["row"] * (len(page.rows) - 1)


def test_a_notebook_shows_the_table():
    summary = analyze(zoo.lenet5())
    assert summary._repr_html_() == summary.html() == formats.html(summary)
    assert "61,706" in summary.html()


def test_formulas_are_text_in_every_format():
    summary = opened()
    assert summary.layers[0].output_shape[1:] == sizes("FxHxW")[:1] + tuple(n - 2 for n in sizes("HxW"))
    record = json.loads(formats.json(summary))
    assert record == summary.record()
    assert record["input_shape"] == [3, "H", "W"]
    assert record["layers"][0]["parameters"] == "28*F"
    assert record["layers"][3]["output_shape"] == [10]
    assert next(csv.DictReader(io.StringIO(summary.csv())))["output"] == "F x (H - 2) x (W - 2)"
    assert r"| 28\*F |" in summary.markdown()
    assert " 28*F " in printed(summary, 400)


def test_every_format_that_a_command_line_names_is_a_text():
    for text in formats.TEXTS.values():
        assert "61706" in text(analyze(zoo.lenet5())).replace(",", "") or text is formats.csv


def test_a_data_frame_has_integers_and_text():
    pandas = pytest.importorskip("pandas")
    frame = analyze(zoo.resnet50()).dataframe()
    assert list(frame.columns)[: len(HEADINGS)] == HEADINGS
    assert len(frame) == 175
    assert frame["parameters"].sum() == 25_557_032
    assert frame["MACs"].sum() == 4_089_184_256
    assert frame["field"].dropna().max() == 427
    assert all(pandas.api.types.is_integer_dtype(frame[name]) for name in ("parameters", "MACs", "field", "stride"))
    assert opened().dataframe()["parameters"].tolist()[0] == "28*F"


def test_without_pandas_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingExtraError) as caught:
        analyze(zoo.lenet5()).dataframe()
    assert str(caught.value) == (
        "pandas is not installed.\n  rule    a data frame is one of pandas\n"
        '  fix     in a clone of cnnmath: pip install ".[pandas]"; from a package index that has it: "cnnmath[pandas]"'
    )


def test_on_a_narrow_terminal_names_break_where_a_part_begins():
    net = Architecture("net", (3, 8, 8))
    net.add("/backbone/stages.0/blocks.0/proj/Conv", ops.Conv(4, 3))
    lines = [line.split()[0] for line in printed(analyze(net), 76).splitlines() if line.startswith(("/", "."))]
    assert "".join(lines) == "/backbone/stages.0/blocks.0/proj/Conv"
    assert len(lines) > 1
    assert "/backbone/stages.0/blocks.0/proj/Conv" in printed(analyze(net), 120)


def test_what_is_true_of_several_layers_is_noted_once():
    net = Architecture("net", (3, 8, 8))
    for name in "abcdef":
        net.add(name, ops.Reshape((3, 8, 4, 2)) if name in "ace" else ops.Reshape((3, 4, 16)))
    assert notes(analyze(net)) == [
        "a, b, c, d and 2 more: behind it positions are other ones: what they see is not known"
    ]
