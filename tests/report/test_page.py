"""A report's page: nothing to fetch, no script, mathematics that parses, a section for each setting."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from cnnmath import zoo
from cnnmath.graph import Architecture, Opaque, analyze, parse
from cnnmath.ops import Conv, ReLU
from cnnmath.report import Report, build
from cnnmath.report.page import page

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")
FETCHED = ("src", "href", "srcset", "data", "action", "poster", "background", "xlink:href")


class Reading(HTMLParser):
    """Tags and attributes of a page, and whatever does not close where it opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.wrong = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def fetched(text):
    """What a browser would fetch or run for a page."""
    read = Reading(text)
    links = [(tag, value) for tag, name, value in read.attributes if name in FETCHED and not value.startswith("#")]
    handlers = [(tag, name) for tag, name, _ in read.attributes if name.startswith("on")]
    tags = [tag for tag in read.tags if tag in ("script", "link", "iframe", "img", "object", "embed")]
    addresses = [url for url in re.findall(r"https?://[^\s'\"<]+", text) if url not in NAMESPACES]
    return [*links, *handlers, *tags, *addresses, *re.findall(r"@import|url\(", text)]


@pytest.fixture(params=["lenet", "resnet"])
def written(request):
    report, directory = request.getfixturevalue(request.param)
    return report, (directory / "report.html").read_text()


def test_a_page_fetches_nothing_and_runs_nothing(written):
    assert fetched(written[1]) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<script>1</script>",
        "<img src='a.png'>",
        "<link rel='stylesheet' href='a.css'>",
        "<style>@import 'a.css'</style>",
        "<p onclick='f()'></p>",
        "http://example.org/a",
    ],
)
def test_what_fetches_or_runs_is_seen(planted):
    assert fetched(f"<html>{planted}</html>") != []


def test_every_element_closes_where_it_opened(written):
    read = Reading(written[1])
    assert (read.wrong, read.open) == ([], [])
    assert Reading("<p><b></p></b>").wrong == ["p", "b"]


def test_all_mathematics_and_the_drawing_parse_as_xml(written):
    report, text = written
    formulas = re.findall(r"<math\b.*?</math>", text, re.DOTALL)
    assert len(formulas) >= sum(len(section.derivations) for section in report.sections)
    assert text.count("<math") == len(formulas)
    assert all(len(ET.fromstring(formula)) > 0 for formula in formulas)
    (drawing,) = re.findall(r"<svg\b.*?</svg>", text, re.DOTALL)
    assert ET.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"


def test_there_is_a_section_for_each_setting_with_its_verdict(written):
    report, text = written
    assert text.count("<section") == len(report.sections)
    for section in report.sections:
        assert f"<h3>{section.title}</h3>" in text
    assert text.count("class='verdict'") == len(report.sections)
    assert "✗" not in text


def test_headline_numbers_and_every_layer_stand_on_the_page(written):
    report, text = written
    assert f"<b>{report.summary.parameters:,}</b>" in text
    assert f"<b>{report.summary.macs:,}</b>" in text
    assert all(f"<td>{layer.name}</td>" in text.replace("<wbr>", "") for layer in report.summary.layers)
    assert text.count("<tr>") >= len(report.summary.layers) + 1


def test_anchors_lead_to_places_on_the_page(written):
    read = Reading(written[1])
    targets = {value for _, name, value in read.attributes if name == "id"}
    anchors = {value[1:] for _, name, value in read.attributes if name == "href"}
    assert anchors
    assert anchors <= targets


def test_names_are_escaped():
    net = Architecture("<b>&co", (1, 4, 4))
    net.add("<i>'\"", Conv(1, 2))
    text = page(build(net))
    assert (Reading(text).wrong, "<i>" in text, "<b>&co" in text) == ([], False, False)
    assert "&lt;i&gt;" in text
    assert "<title>&lt;b&gt;&amp;co" in text


def test_two_builds_of_one_network_are_the_same_page(lenet):
    report, directory = lenet
    again = build(zoo.lenet5())
    assert again.record() == report.record()
    assert page(again) == (directory / "report.html").read_text()
    assert analyze(zoo.lenet5()).record().items() <= again.record().items()


def test_totals_in_part_are_said_to_be_so_with_the_names_of_what_is_missing():
    net = Architecture("odd", (3, 6, 6))
    net.add("/stage.0/attention/Odd", Opaque("Odd", (3, 6, 6)))
    net.add("/head/Relu", ReLU())
    text = page(build(net))
    assert "parameters, in part" in text
    assert "One operator is not known here" in text
    assert "<wbr>/attention<wbr>/Odd. What is seen behind is not known." in text
    assert "The totals are a part" not in page(Report(analyze(zoo.lenet5()), ()))


def test_a_total_that_is_a_formula_has_a_line_of_its_own():
    sympy = pytest.importorskip("sympy")
    h, w = sympy.symbols("H W", positive=True, integer=True)
    text = page(Report(analyze(zoo.resnet18((3, h, w))), ()))
    assert "<div class='tile long'><b>8388608*floor" in text
    assert "<td class=long>8388608*floor" in text


def test_a_section_says_which_groups_and_sizes_it_stands_for():
    text = page(build(parse("conv(32, 1, groups=32) > reshape((4, -1))", (32, 2, 2))))
    assert "stands for <code>conv(32, 1, groups=32)</code>" in text
    assert "stands for <code>reshape((4, -1))</code>" in text
