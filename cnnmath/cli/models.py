"""Commands on networks with their arrays: run, export, compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnnmath import arguments
from cnnmath.cli.options import AsJson, Input, Network, network, print_columns, progress, tell
from cnnmath.cli.status import DIFFERS, INTERRUPTED
from cnnmath.errors import DataError, SettingError, clip, unknown
from cnnmath.graph.text import plural

if TYPE_CHECKING:
    from cnnmath.interchange import Model

Weights = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="Arrays of the network, a file .npz or .safetensors."),
]


def run(
    what: Network,
    inputs: Annotated[
        list[str],
        typer.Option("--input", metavar="[NAME=]FILE", help="An input, a file .npy; or several by name, .npz."),
    ],
    outputs: Annotated[
        list[str],
        typer.Option("--output", "-o", metavar="[NAME=]FILE", help="Where an output goes, .npy; or all of them, .npz."),
    ],
    weights: Weights = None,
) -> None:
    """Run a network on arrays of NumPy: that of a file of ONNX with its own, another with --weights."""
    from cnnmath.interchange.files import ENDINGS, read_arrays, write_arrays

    model = _model(what, weights)
    targets = _targets(model, outputs)
    for _, path in targets:
        if path.suffix not in ENDINGS:
            raise unknown("file of arrays that ends in", path.suffix, ENDINGS).at(f"'{path}'")
    given: dict[str, Any] = {}
    for name, path in _named(inputs, model.inputs):
        given |= _by_input(read_arrays(path), name, path, list(model.inputs))
    try:
        with progress("running") as told:
            found = model.compute(given, told)
        for names, path in targets:
            write_arrays(path, {name: found[name] for name in names})
    except KeyboardInterrupt:
        tell("interrupted: no file is left half written")
        raise typer.Exit(INTERRUPTED) from None
    rows = [
        (name, "x".join(map(str, found[name].shape)) or "a number", str(found[name].dtype), str(path))
        for names, path in targets
        for name in names
    ]
    print_columns(("output", "shape", "dtype", "file"), rows)


def export(
    what: Network,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file, .onnx.")],
    size: Input = None,
    weights: Weights = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random numbers, where there are no arrays.")] = 0,
    external: Annotated[bool, typer.Option("--external", help="Write the arrays beside the file.")] = False,
) -> None:
    """Write a network as a model of ONNX: with its own arrays, those of --weights, or random ones."""
    from cnnmath.interchange import export_onnx
    from cnnmath.training import initialise
    from cnnmath.training.store import load

    if output.suffix != ".onnx":
        raise SettingError("a model of ONNX is a file .onnx.", here=clip(str(output)), fix="name it .onnx")
    net = network(what, size)
    if weights is not None:
        arrays: Mapping[str, Any] = load(weights, net)
    else:
        arrays = arguments.read_model(what).parameters if arguments.is_model(what) else initialise(net, seed=seed)
    export_onnx(net, arrays, output, external=external)
    print(f"{output}: {plural(len(net), 'operator')}, {plural(len(arrays), 'array')}")


def diff(
    old: Network,
    new: Network,
    size: Input = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Compare the arrays of files of ONNX, too: equal, or how far apart.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Tell every change by itself, also those that are alike.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two networks layer by layer: exit status 0 where they are equal, 1 where they differ."""
    from cnnmath.graph import diff as compared

    arrays = None
    if weights:
        for what in (old, new):
            if not arguments.is_model(what):
                raise SettingError(
                    "--weights compares arrays, and this network has none.",
                    here=clip(what),
                    rule="a file .onnx has its arrays in it",
                    fix="leave --weights out",
                )
        arrays = (arguments.read_model(old).parameters, arguments.read_model(new).parameters)
    found = compared(network(old, size), network(new, size), arrays)
    print(json.dumps(found.record()) if as_json else "\n".join(found.lines(whole=every)))
    if not found.equal:
        raise typer.Exit(DIFFERS)


def _model(what: str, weights: Path | None) -> Model:
    """The network that a command line means, with its arrays."""
    from cnnmath.graph import INPUT, Given
    from cnnmath.interchange import Model
    from cnnmath.training.store import load

    if arguments.is_model(what) and weights is None:
        model = arguments.read_model(what)
        if model.notes:
            tell(arguments.noted(what, model.notes))
        return model
    if weights is None:
        raise SettingError(
            "the arrays of the network are missing.",
            here=clip(what),
            rule="a file .onnx has them in it",
            fix="give them with --weights FILE, as training.save writes them",
        )
    net = network(what)
    names = [INPUT, *(name for name, op in net if isinstance(op, Given))]
    return Model(net, load(weights, net), {name: name for name in names}, {name: name for name in net.outputs()})


def _named(texts: Iterable[str], known: Iterable[str]) -> list[tuple[str, Path]]:
    """Names and files of ``NAME=FILE``; a file alone has the name ``""``."""
    found = []
    for text in texts:
        name = next((name for name in known if text.startswith(f"{name}=")), "")
        path = text.removeprefix(f"{name}=") if name else text
        if not name and "=" in text and not Path(text).parent.is_dir():
            raise unknown("input or output", clip(text.partition("=")[0]), known)
        found.append((name, Path(path)))
    return found


def _by_input(arrays: Mapping[str, Any], name: str, path: Path, known: Sequence[str]) -> dict[str, Any]:
    """Arrays of a file by the inputs that they are for."""
    if len(arrays) == 1 and (name or len(known) == 1):
        return {name or known[0]: next(iter(arrays.values()))}
    if name or "" in arrays:
        raise DataError(
            "which input the file is for is not said." if not name else "the file holds several arrays.",
            here=f"'{path}'",
            rule=f"the model takes {', '.join(known)}",
            fix=f"for example --input {known[0]}=x.npy",
        )
    return dict(arrays)


def _targets(model: Model, texts: Sequence[str]) -> list[tuple[list[str], Path]]:
    """Files, and the outputs that go into each."""
    known = [*model.outputs, *model.stored]
    found = []
    for name, path in _named(texts, known):
        if not name and len(known) > 1 and path.suffix != ".npz":
            raise DataError(
                "the model has several outputs.",
                here=f"--output {path}",
                rule=f"a file .npy holds one of {', '.join(known)}",
                fix=f"name it, --output {known[0]}={path}, or write all of them into a file .npz",
            )
        found.append(([name] if name else known, path))
    return found
