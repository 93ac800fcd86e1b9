"""A report as one HTML page: styles inside, drawings as SVG, mathematics as MathML, nothing to fetch and no script."""

from __future__ import annotations

from html import escape
from importlib import metadata, resources

from cnnmath.graph.draw import draw
from cnnmath.graph.summary import Summary, describe_field
from cnnmath.graph.table import COLUMNS, cells
from cnnmath.graph.text import count, times
from cnnmath.report.build import Report, Section, exact
from cnnmath.symbolic import Derivation, show
from cnnmath.symbolic.notations import MathML
from cnnmath.verify import Certificate, Verdict
from cnnmath.verify.network import in_words


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
<p class="lead">Input {times(report.summary.network.input_shape)}, {len(report.summary.layers)} operators.</p>
<nav><a href="#network">Network</a><a href="#layers">Layers</a><a href="#settings">Mathematics</a></nav>
{_tiles(report)}
<h2 id="network">Network</h2>
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
and backward, at a reduced size that keeps kernel, stride, dilation, padding and groups.</p>
{"".join(section(s) for s in report.sections)}
<footer>Written by cnnmath {metadata.version("cnnmath")}. Indices start at 0; a bracket [...] is 1 where its conditions
hold and 0 elsewhere; N is the batch, C and F are input and output channels, H and W height and width.</footer>
</main>
</body>
</html>
"""


def section(part: Section) -> str:
    """One setting: its formulas, their derivations, and how the kernel compared."""
    nodes = part.setting.nodes
    shown = ", ".join(nodes[:4]) + (f" and {len(nodes) - 4} more" if len(nodes) > 4 else "")
    return f"""<section class="setting">
<header><h3>{escape(part.title)}</h3><small>{escape(shown)}</small>{_verdict(part.verdict)}</header>
<p class="where">{assumed(part.derivations["y"])}</p>
{"".join(map(formula, part.derivations.values()))}
{_evidence(part.verdict)}
</section>
"""


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
    tiles = (
        (count(summary.parameters), "parameters"),
        (count(summary.macs), "multiply-accumulates"),
        (describe_field(summary.field).partition(",")[0], "receptive field" + _detail(summary)),
        (f"{agreeing} of {len(report.sections)}", f"distinct settings agree {_how(report)}"),
    )
    return f"<div class='tiles'>{''.join(f'<div class=tile><b>{b}</b><span>{s}</span></div>' for b, s in tiles)}</div>"


def _how(report: Report) -> str:
    irrational = sum(not exact(part.verdict) for part in report.sections)
    return f"exactly, {irrational} with irrational results to 40 digits" if irrational else "exactly"


def _detail(summary: Summary) -> str:
    _, comma, rest = describe_field(summary.field).partition(",")
    return comma + rest


def _table(summary: Summary) -> str:
    head = "".join(f"<th scope='col'>{escape(column.name)}</th>" for column in COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in cells(layer))}</tr>" for layer in summary.layers)
    notes = "".join(f"<li>{escape(name)}: {escape(note)}</li>" for name, note in summary.notes)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<div class='scroll tall'>{table}</div>" + (f"<ul>{notes}</ul>" if notes else "")


def _verdict(verdict: Verdict) -> str:
    if verdict.certified:
        return f"<span class='verdict'>✓ {in_words(verdict)}</span>"
    return f"<span class='verdict bad'>✗ {in_words(verdict).lower()}</span>"


def _evidence(verdict: Verdict) -> str:
    """What each rung says, and at which settings; of a counterexample, its report."""
    if not isinstance(verdict, Certificate):
        return f"<pre class='checks'>{escape(repr(verdict))}</pre>"
    lines = [*verdict.lines(), *(f"at {case}" for case in verdict.cases), *(f"assumed: {a}" for a in verdict.assumes)]
    return f"<ul class='checks'>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
