"""``cnnmath derive``: subjects, settings, forms and worked examples, as a user types them."""

import json
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from cnnmath import ops
from cnnmath.cli import app
from cnnmath.errors import CnnmathError
from cnnmath.subjects import CHAPTERS
from cnnmath.symbolic import derive, from_record

SUBJECTS = [subject for chapter in CHAPTERS for subject in chapter.subjects]


def run(line):
    """Exit status and standard output; what the package refuses is raised."""
    result = CliRunner().invoke(app, ["derive", *line.split()])
    if isinstance(result.exception, CnnmathError):
        raise result.exception
    return result.exit_code, result.stdout


def test_without_a_subject_all_are_listed_by_chapters():
    status, out = run("")
    assert status == 0
    words = out.split()
    assert all(subject.name in words for subject in SUBJECTS)
    assert all(kind.__name__.lower() in words for kind in ops.ALL)
    assert all(chapter.title in out for chapter in CHAPTERS)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_every_subject_can_be_asked_for(subject):
    status, out = run(f"{subject.name} --rank 1 --steps brief" if subject.takes else f"{subject.name} --steps brief")
    assert status == 0
    assert len(out.splitlines()) >= 2


def test_brief_is_the_result_alone_and_full_is_all_steps():
    _, full = run("conv --kernel 3 --rank 1 --wrt x")
    _, brief = run("conv --kernel 3 --rank 1 --wrt x --steps brief")
    assert "Jacobian" in full
    assert "Jacobian" not in brief
    assert brief.splitlines()[-1] in full


@pytest.mark.parametrize(
    ("form", "sign"), [("latex", r"\begin{align*}"), ("markdown", "$$"), ("html", "<math"), ("text", "sum{")]
)
def test_a_derivation_comes_in_every_form(form, sign):
    status, out = run(f"conv --kernel 3 --rank 1 --wrt x --format {form}")
    assert status == 0
    assert sign in out


def test_batch_normalisation_is_derived_in_training_too():
    _, stored = run("batchnorm --rank 1 --wrt gamma --steps brief")
    _, batch = run("batchnorm training=true epsilon=1/4 --rank 1 --wrt gamma --steps brief")
    assert stored.startswith("dL/dgamma of batchnorm()\n  x (N, C, L), gamma (C), beta (C), mean (C), var (C), y")
    assert batch.startswith("dL/dgamma of batchnorm(epsilon=1/4, training=True)\n  x (N, C, L), gamma (C), beta (C), y")
    assert "mean[c] = 1/(N*L)*sum{n<N, i<L} x[n,c,i]" in batch, "the result says what it reads"


def test_groups_of_a_normalisation_are_an_option():
    _, out = run("groupnorm --groups 3 --input 2 --wrt y --steps brief")
    assert out.startswith("y = groupnorm(3) on (1, 3, 2)\n  y[0,0] = beta[0] + gamma[0]*(x[0,0]/2 - x[0,1]/2)/(sqrt(")


def test_html_is_a_page_of_its_own():
    _, out = run("conv --kernel 3 --rank 1 --numbers --format html")
    page = ET.fromstring(out.replace("<!DOCTYPE html>", "").replace("<meta charset='utf-8'>", "").replace(
        "<meta name='viewport' content='width=device-width, initial-scale=1'>", ""))  # fmt: skip
    assert page.findall(".//math")
    assert "http" not in out
    assert "<script" not in out


def test_json_is_a_record_that_can_be_read():
    _, out = run("conv --kernel 3 --rank 1 --wrt w --format json")
    assert from_record(json.loads(out)) == derive(ops.Conv(1, (3,)), "w")
    _, out = run("conv --kernel 3 --rank 1 --format json")
    assert [entry["title"].partition(" ")[0] for entry in json.loads(out)] == ["y", "dL/dx", "dL/dw", "dL/db"]


def test_a_worked_example_follows_the_steps():
    _, out = run("conv --kernel 2 --rank 1 --wrt x --numbers")
    before, after = out.split("With numbers")
    assert before.count("Collapse") == after.count("Collapse") == 1
    assert "w[0] = [[" in after


def test_the_rank_is_a_setting_where_a_subject_takes_no_operator():
    assert run("impulse-decomposition --rank 2") == run("impulse-decomposition rank=2")
    assert run("impulse-decomposition --rank 2") != run("impulse-decomposition")


def test_a_node_of_a_network_has_its_chain_rule():
    status, out = run("lenet5 --node conv2 --wrt w --steps brief")
    assert status == 0
    assert out.startswith("dL/dw(conv2) in lenet5")
    chain = "conv(8,3)>relu>maxpool(2)>flatten>linear(10)"
    assert "dL/dw(conv1)" in run(f"{chain} --input 3x16x16 --node conv1 --wrt w")[1]


def test_settings_that_are_no_options_are_given_by_name():
    assert "x[n,c,o]/10" in run("leakyrelu slope=1/10 --wrt y --rank 1")[1]
    assert "^(1/3)" in run("lppool p=3 --kernel 2 --rank 1 --wrt y")[1]
    assert "b[f]" not in run("conv bias=False --kernel 3 --rank 1 --wrt y")[1]


def test_symbolic_settings_are_told_apart_from_those_of_the_subject():
    _, general = run("zero-stuffed --rank 1 --steps brief")
    _, strided = run("zero-stuffed --kernel 3 --stride 2 --rank 1 --steps brief")
    assert "stride=s" in general
    assert "stride=2" in strided


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("zero-stufed", "there is no subject 'zero-stufed'.*\n.*near    zero-stuffed"),
        ("zero-stuffed m=4", "zero-stuffed: the subject has no such setting"),
        ("zero-stuffed --stride 2", "the kernel is missing"),
        ("zero-stuffed m", "a setting is a name and a value"),
        ("zero-stuffed --filters 5", "zero-stuffed: widths are symbols"),
        ("winograd m=2 m=3", "a setting is given twice"),
        ("softmax-jacobian --rank 3", "softmax-jacobian: the subject has no such setting"),
        ("lenet5", "there is no subject 'lenet5'(.|\n)*--node NAME"),
        ("lenet5 --node conv1 --rank 3", "a network has its own settings"),
        ("lenet5 --node conv9", "conv9"),
        ("--kernel 3", "the subject is missing"),
        ("maxpool --kernel 2 --filters 2", "maxpool: it has no such setting"),
        ("conv --kernel 1000 --wrt x", "the window is too large to check a derivation with"),
        ("conv m=4", "conv: it has no such setting(.|\n)*of this form are bias(.|\n)*--kernel 3"),
        ("relu m=4", "relu: it has no such setting(.|\n)*none of this form"),
        ("leakyrelu slope=steep", "slope"),
        ("averagepool --kernel 2 --groups 2", "--kernel, --stride, --dilation, --padding, --ceil, --count-padding"),
        ("conv --kernel 3 --input 2x2", "the kernel does not fit the input"),
        ("conv --kernel 3 --input 9x9 --wrt v", "there is no operand 'v'"),
        ("conv --kernel 2 --input 3x3 --format json", "entries written out have no record"),
        ("conv --kernel 3 --input 30x30 --channels 40", "too long to write out"),
    ],
)
def test_what_cannot_be_derived_is_answered(line, message):
    with pytest.raises(CnnmathError, match=message):
        run(line)
