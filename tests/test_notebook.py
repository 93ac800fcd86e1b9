"""Results show themselves in a notebook: the same content as their text, names escaped, no script."""

from html.parser import HTMLParser

import numpy as np
import pytest

from cnnmath import audit, ops, subjects, zoo
from cnnmath.audit.explain import explain
from cnnmath.graph import Architecture, diff, inputs_for, parse
from cnnmath.graph.flow import flow
from cnnmath.graph.seen import seen
from cnnmath.notebook import report, table
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.training import fit, initialise
from cnnmath.verify import Counterexample, verify

HOSTILE = "<script>alert('1')</script> & <b>"


class Page(HTMLParser):
    """Tags and words of a fragment of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.styled = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        if self.lasttag != "style" or "{" not in data:
            self.words += data.split()


def named(name):
    """A network of this name, whose node has it, too."""
    net = Architecture(name, (1, 8, 8))
    net.add(name, ops.Conv(2, 3))
    return net


def wrong(x, *_):
    return x[:, :, 1:-1, 1:-1] * 2


wrong.__name__ = HOSTILE
CLAIM = {"id": "a", "source": HOSTILE, "where": "page 1", "subject": "parameters of one MLP neuron"}
RESULTS = {
    "certificate": lambda: verify(lambda x: np.maximum(x, 0), ops.ReLU(), (1, 2, 3)),
    "counterexample": lambda: verify(wrong, ops.Conv(1, 3), (1, 1, 5, 5)),
    "seen": lambda: seen(zoo.lenet5()),
    "inputs": lambda: inputs_for(zoo.lenet5(), 5),
    "explanation": lambda: explain("lenet5", 61706, "parameters"),
    "unexplained": lambda: explain("lenet5", 61707, "parameters"),
    "difference": lambda: diff(zoo.vgg11(), zoo.vgg13()),
    "flow": lambda: flow(zoo.lenet5()),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_notebook_shows_every_word_of_the_text(name):
    found = RESULTS[name]()
    page = Page(found._repr_html_())
    assert {word.strip(":") for word in repr(found).split()} <= {word.strip(":") for word in page.words}
    assert not {"script", "b"} & set(page.tags)
    assert page.tags.count("table") == page.tags.count("caption") == 1


@pytest.mark.parametrize("show", [seen, flow, lambda net: diff(net, parse("relu", (1, 8, 8), HOSTILE))])
def test_names_are_escaped(show):
    html = show(named(HOSTILE))._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_an_audit_is_a_table_of_its_claims():
    claims = {"claims": [{**CLAIM, "given": {"image": "224x224x3"}, "claimed": 150129}]}
    found = audit.audit(audit.read(claims))
    page = Page(found._repr_html_())
    assert "script" not in page.tags
    assert {word.strip(":") for word in audit.text(found).split()} <= {word.strip(":") for word in page.words}
    assert page.tags.count("tr") == 4


def test_a_fit_is_a_table_of_its_epochs():
    net = parse("linear(2)", (1,))
    x = np.array([[-1.0], [1.0]])
    fitted = fit(net, initialise(net), (x, [0, 1]), held_out=(x, [0, 1]), epochs=3, progress=False)
    page = Page(fitted._repr_html_())
    assert page.tags.count("tr") == 4
    assert [f"{epoch.loss:.4f}" in page.words for epoch in fitted.history.epochs] == [True] * 3
    assert "100.00" in page.words or "50.00" in page.words


def test_steps_and_equations_are_mathematics():
    derivation = derive(ops.Conv(1, (2,), bias=False), "x")
    for step in derivation.steps:
        assert step._repr_latex_().startswith(r"\begin{align*}")
        assert f"<li>{step._repr_html_()}</li>" in derivation.html()
    written = WrittenOut(derivation, ops.Conv(1, (2,), bias=False), ((1, 1, 3),))
    assert written._repr_latex_().count(r"\\" + "\n") == 2
    assert written._repr_html_().count("<math") >= 3
    assert "<math" in subjects.derive("convolution-theorem")._repr_html_()


def test_a_table_has_what_it_is_given():
    page = Page(table("c & d", ["a", "b"], [["<i>", "1"]], ["total", "1"], ["note <u>"], names=["a"]))
    assert page.words == ["c", "&", "d", "a", "b", "<i>", "1", "total", "1", "note", "<u>"]
    assert not {"i", "u"} & set(page.tags)
    assert Page(report("<i>", [("x", "<u>")])).words == ["<i>", "x", "<u>"]


def test_the_wrong_kernel_is_a_counterexample():
    assert isinstance(RESULTS["counterexample"](), Counterexample)
