"""A report as one HTML page: styles inside, drawings as SVG, mathematics as MathML, nothing to fetch and no script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import metadata, resources

from cnnmath.graph.draw import draw
from cnnmath.graph.summary import Summary, describe_field
from cnnmath.graph.table import COLUMNS, cells, notes, totals
from cnnmath.graph.text import beginning, count, plural, some, times
from cnnmath.ops.notation import describe
from cnnmath.report.build import Report, Section, exact
from cnnmath.symbolic import Derivation, show
from cnnmath.symbolic.notations import MathML
from cnnmath.verify import Certificate, Verdict
from cnnmath.verify.network import in_words

LONG = 24
"""Letters of a total that stands in a tile among others."""


def page(report: Report) -> str:
    """The whole page."""
    name = escape(report.summary.network.name)
    style = resources.files("cnnmath.report").joinpath("style.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} · cnnmath report</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{name}</h1>
<p class="lead">Input {times(report.summary.network.input_shape)}, {plural(len(report.summary.layers), "operator")}.</p>
<nav><a href="#network">Network</a><a href="#layers">Layers</a><a href="#settings">Mathematics</a></nav>
{_tiles(report)}
{_partial(report.summary)}<h2 id="network">Network</h2>
<p>One row for each operator that changes shape; batch normalisation and activations stand behind the operator that
they follow. Curves are connections that pass over rows.</p>
<div class="scroll tall">{draw(report.summary)}</div>
<h2 id="layers">Layers</h2>
<p>Multiply-accumulates (MACs) of convolutions and linear layers, biases not counted. A receptive field is given in
input pixels, with the distance between neighbouring outputs' fields (stride) and how far the first one reaches before
the input (padding); it is left empty where a layer sees everything or nothing spatial.</p>
{_table(report.summary)}
<h2 id="settings">Mathematics</h2>
<p>Every distinct operator setting of the network, widths left as symbols. Each derivation was checked step by step
against the operator's definition in exact arithmetic, and the numeric kernel was compared with the definition, forward
and backward, at a reduced size that keeps kernel, stride, dilation and padding; few groups stand for many.</p>
{"".join(section(s) for s in report.sections)}
<footer>Written by cnnmath {metadata.version("cnnmath")}. Indices start at 0; a bracket [...] is 1 where its conditions
hold and 0 elsewhere; N is the batch, C and F are input and output channels, H and W height and width.</footer>
</main>
</body>
</html>
"""


def section(part: Section) -> str:
    """One setting: its formulas, their derivations, and how the kernel compared."""
    return f"""<section class="setting">
<header><h3>{escape(part.title)}</h3><small>{_names(some(part.setting.nodes))}</small>{_verdict(part.verdict)}</header>
{_meant(part)}<p class="where">{assumed(part.derivations["y"])}</p>
{"".join(map(formula, part.derivations.values()))}
{_evidence(part.verdict)}
</section>
"""


def _meant(part: Section) -> str:
    """Which operators of larger counts the setting stands for."""
    meant = [beginning(describe(op), 2 * LONG) for op in part.setting.meant]
    return f"<p class='where'>stands for <code>{escape(some(meant))}</code></p>\n" if meant else ""


def formula(derivation: Derivation) -> str:
    """A derivation: its result in full view, its steps folded away."""
    steps = ""
    if len(derivation.steps) > 1:
        listed = show.steps(derivation)
        steps = f"<details><summary>derivation in {len(derivation.steps)} steps</summary>{listed}</details>"
    rules = "".join(f"<p class='where'>{rule.write(MathML())}</p>" for rule in derivation.conventions)
    return f"<div class='formula'>{show.display(derivation.result)}</div>{rules}{steps}"


def assumed(derivation: Derivation) -> str:
    """What a derivation assumes, as one sentence: shapes, and what the names of sizes stand for."""
    return "where " + "; ".join(remark.write(MathML()) for remark in derivation.assumptions)


def _tiles(report: Report) -> str:
    summary = report.summary
    agreeing = sum(part.verdict.certified for part in report.sections)
    in_part = ", in part" if summary.uncounted else ""
    tiles = (
        (count(summary.parameters), f"parameters{in_part}"),
        (count(summary.macs), f"multiply-accumulates{in_part}"),
        (describe_field(summary.field).partition(",")[0], "receptive field" + _detail(summary)),
        (f"{agreeing} of {len(report.sections)}", f"distinct settings agree {_how(report)}"),
    )
    return f"<div class='tiles'>{''.join(_tile(*tile) for tile in tiles)}</div>"


def _tile(number: str, what: str) -> str:
    """A number in large type, and what it is; a formula has a line of its own."""
    return f"<div class='tile{' long' if len(number) > LONG else ''}'><b>{escape(number)}</b><span>{what}</span></div>"


def _partial(summary: Summary) -> str:
    """What the totals leave out."""
    names = summary.uncounted
    if not names:
        return ""
    operators = "One operator is" if len(names) == 1 else f"{len(names)} operators are"
    return (
        f"<p class='partial'><b>The totals are a part.</b> {operators} not known here, neither counted nor verified: "
        f"{_names(some(names))}. What is seen behind is not known.</p>\n"
    )


def _names(text: str) -> str:
    """Names of nodes, which may break where a part of them begins."""
    return re.sub(r"(?<=\w)(?=[/.][A-Za-z])", "<wbr>", escape(text))


def _how(report: Report) -> str:
    irrational = sum(not exact(part.verdict) for part in report.sections)
    return f"exactly, {irrational} with irrational results to 40 digits" if irrational else "exactly"


def _detail(summary: Summary) -> str:
    _, comma, rest = describe_field(summary.field).partition(",")
    return comma + rest


def _table(summary: Summary) -> str:
    head = "".join(f"<th scope='col'>{escape(column.name)}</th>" for column in COLUMNS)
    rows = "".join(_line(cells(layer)) for layer in summary.layers)
    said = "".join(f"<li>{_names(note)}</li>" for note in notes(summary))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody><tfoot>{_line(totals(summary))}</tfoot></table>"
    return f"<div class='scroll tall'>{table}</div>" + (f"<ul class='notes'>{said}</ul>" if said else "")


def _line(row: Sequence[str]) -> str:
    name, *rest = row
    entries = "".join(f"<td{' class=long' if len(cell) > 2 * LONG else ''}>{escape(cell)}</td>" for cell in rest)
    return f"<tr><td>{_names(name)}</td>{entries}</tr>"


def _verdict(verdict: Verdict) -> str:
    if verdict.certified:
        return f"<span class='verdict'>✓ {in_words(verdict)}</span>"
    return f"<span class='verdict bad'>✗ {in_words(verdict).lower()}</span>"


def _evidence(verdict: Verdict) -> str:
    """What each rung says, and at which settings; of a counterexample, its report."""
    if not isinstance(verdict, Certificate):
        return f"<pre class='checks'>{escape(repr(verdict))}</pre>"
    rungs = [re.sub(r"^(\d \w+) +", r"<b>\1</b> ", escape(line)) for line in verdict.lines()]
    cases = [f"<b>at</b> {escape(str(case))}" for case in verdict.cases]
    assumed = [f"<b>assumed</b> {escape(text)}" for text in verdict.assumes]
    return f"<ul class='checks'>{''.join(f'<li>{line}</li>' for line in [*rungs, *cases, *assumed])}</ul>"
