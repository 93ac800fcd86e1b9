"""What the README shows beside its examples: the picture, and what was measured of other tools."""

import csv
import re
from pathlib import Path

import pytest

from cnnmath.ops import Conv, ReLU
from cnnmath.verify import from_torch, verify

HOME = Path(__file__).parents[2]
README = (HOME / "README.md").read_text(encoding="utf-8")
PICTURE = HOME / "docs" / "assets" / "resnet18.svg"


def row(name):
    (found,) = (line for line in README.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


def test_the_picture_is_what_the_package_draws(tmp_path):
    plt = pytest.importorskip("matplotlib")
    from cnnmath import analyze, zoo
    from cnnmath.plot import draw, save_figure

    kept = PICTURE.read_text(encoding="utf-8")
    version = re.search(r"Matplotlib v([\d.]+)", kept)[1]
    if plt.__version__ != version:
        pytest.skip(f"the picture was drawn by matplotlib {version}; here is {plt.__version__}")
    assert save_figure(draw(analyze(zoo.resnet18())), tmp_path / "again.svg").read_text(encoding="utf-8") == kept


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("Twice", "a convolution called twice"),
        ("Functions", "functions on bare parameters"),
        ("Residual", "a residual block"),
        ("Upsampling", "a transposed convolution of stride 2"),
    ],
)
def test_counts_of_other_tools_are_those_that_were_measured(module, name):
    lines = (HOME / "tests" / "golden" / "counters_on_modules.csv").read_text(encoding="utf-8").splitlines()
    (found,) = (r for r in csv.DictReader(line for line in lines if line[0] != "#") if r["module"] == module)
    counts = [f"{int(found[tool]):,}" for tool in ("hand", "hand", "torchinfo", "fvcore")]
    assert row(name) == counts


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("time of AlexNet's convolutions, batch 1, forward", "| convolutions, alexnet | 1 | forward | "),
        ("time of its poolings", "| poolings, alexnet | 1 | forward | "),
    ],
)
def test_times_are_those_of_the_benchmarks(name, figures):
    page = (HOME / "docs" / "benchmarks.md").read_text(encoding="utf-8").splitlines()
    heads = [line for line in page if line.startswith("| layers | batch | direction |")]
    column = [cell.strip() for cell in heads[0].strip("|").split("|")].index("ONNX reference / ours")
    line = next(line for line in page if line.startswith(figures))
    ratio = float(line.strip("|").split("|")[column].split("(")[0])
    assert float(row(name)[1]) == pytest.approx(ratio, rel=0.01)


def test_figures_of_conformance_and_power_are_those_of_their_pages():
    conformance = (HOME / "docs" / "conformance.md").read_text(encoding="utf-8")
    passed, operators, unclaimed = re.search(
        r"\*\*(\d+) cases of (\d+) operators pass, none fail, and (\d+)", conformance
    ).groups()
    assert row(f"ONNX's own cases of one node, of {operators} operators")[0] == (
        f"{passed} pass, 0 fail, {unclaimed} not claimed"
    )
    power = (HOME / "docs" / "power.md").read_text(encoding="utf-8")
    (count,) = re.findall(r"here are (\d+) known", power)
    (shown,) = re.findall(r"\| gradcheck, where the mistake shows \| (\d+)", power)
    (usual,) = re.findall(r"\| gradcheck, at usual settings \| (\d+)", power)
    assert f"**{count} of {count} are seen by the ladder.**" in power
    assert f"Of {count} known mistakes" in README
    assert f"gradcheck {shown} at a setting where the mistake shows and {usual} at a usual one" in README


def strided(backward):
    """A convolution of stride 2 as an `autograd.Function` with a backward of its own."""
    import torch

    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return torch.nn.functional.conv2d(x, w, stride=2)

    pair = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    function = type("Strided", (torch.autograd.Function,), pair)
    return lambda x, w: function.apply(x, w)


def flipped():
    from torch.nn import grad

    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        dw = grad.conv2d_weight(x, w.shape, dy, stride=2)
        return grad.conv2d_input(x.shape, w, dy, stride=2), dw.flip(2, 3)

    return strided(backward)


def shifted():
    import torch
    from torch.nn import grad

    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        rest = (x.shape[2] - w.shape[2]) % 2
        dx = torch.roll(grad.conv2d_input(x.shape, w, dy, stride=2), rest, 2)
        return dx, grad.conv2d_weight(x, w.shape, dy, stride=2)

    return strided(backward)


def at_zero():
    import torch

    class Rectifier(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, dy):
            return dy * (ctx.saved_tensors[0] >= 0)

    return lambda x: Rectifier.apply(x)


def undilated():
    import torch

    return lambda x, w: torch.nn.functional.conv2d(x, w)


def halved():
    import torch

    def conv(x, w):
        if x.dtype == torch.float64:
            return torch.nn.functional.conv2d(x, w)
        return torch.nn.functional.conv2d(x.half(), w.half()).to(x.dtype)

    return conv


STRIDED = Conv(4, 3, stride=2, bias=False)
PLANTED = {
    "the gradient by the weights is flipped": (flipped, STRIDED, "float64", 7),
    "the gradient is shifted where the stride leaves a rest, on an input with a rest": (shifted, STRIDED, "float64", 8),
    "the same, on an input without a rest": (shifted, STRIDED, "float64", 7),
    "the dilation is ignored, forward and backward": (
        undilated, Conv(4, 3, dilation=2, bias=False), "float64", 7
    ),
    "the derivative of a rectifier at 0 is 1": (at_zero, ReLU(), "float64", 7),
    "float32 is computed in float16": (halved, Conv(4, 3, bias=False), "float32", 7),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_planted_mistakes_are_found_by_whom_the_readme_says(name):
    torch = pytest.importorskip("torch")
    made, op, dtype, size = PLANTED[name]
    drawn = torch.Generator().manual_seed(0)
    shapes = [(2, 3, size, size)] + ([(4, 3, 3, 3)] if isinstance(op, Conv) else [])
    operands = [torch.randn(*s, dtype=torch.float64, generator=drawn, requires_grad=True) for s in shapes]
    function = made()
    found = not torch.autograd.gradcheck(function, operands, raise_exception=False)
    ours, theirs = row(name)
    assert theirs.split(":")[0] == ("found" if found else "not found")
    rungs = [4] if dtype == "float32" else [2]
    assert ours.split(":")[0] == "found"
    assert not verify(from_torch(function, dtype=dtype), op, rungs=rungs).certified
