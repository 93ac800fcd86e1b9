"""Figures as files: the same bytes for the same network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cnnmath.errors import DataError, check_kind, check_known
from cnnmath.graph import Architecture, Summary, analyze
from cnnmath.plot.bars import costs
from cnnmath.plot.drawing import draw
from cnnmath.plot.growth import fields
from cnnmath.plot.heat import heat
from cnnmath.plot.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS: Mapping[str, Mapping[str, None]] = MappingProxyType(
    {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
)
"""Formats of files, with the metadata that would change from day to day."""


@styled()
def write_figures(
    net: Architecture,
    directory: str | PathLike[str],
    form: str = "svg",
    *,
    node: str | None = None,
    image: str | PathLike[str] | None = None,
) -> list[Path]:
    """Write the four figures of a network, and return their paths; nothing is written unless all can be drawn.

    Parameters
    ----------
    net
        The network.
    directory
        Where they go; it is made where it is missing.
    form
        ``"png"``, ``"svg"`` or ``"pdf"``.
    node, image
        Of the heat map: a node of the network, and a file with an image as large as the input.

    Raises
    ------
    UnknownNameError
        For another format, and for a node that is not there.
    DataError
        Where the directory cannot be written, and where the image cannot be read or has another size.
    GraphError, ShapeError, MissingExtraError
        As the figures do.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cnnmath import zoo
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_figures(zoo.lenet5(), folder)]
    ['lenet5-network.svg', 'lenet5-fields.svg', 'lenet5-costs.svg', 'lenet5-heat.svg']
    """
    _check_format(form)
    check_kind(directory, (str, Path), "path", "name a folder, as in 'figures'")
    check_kind(image, (str, Path, type(None)), "path", "name a PNG file")
    summary = analyze(net)
    picture = None if image is None else read_image(Path(image))
    figures: dict[str, Callable[[Summary], Figure]] = {
        "network": draw,
        "fields": fields,
        "costs": costs,
        "heat": partial(heat, node=node, image=picture),
    }
    drawn = {Path(directory) / f"{net.name}-{name}.{form}": figure(summary) for name, figure in figures.items()}
    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
        for path, figure in drawn.items():
            save_figure(figure, path)
    except OSError as error:
        raise DataError(
            f"the figures cannot be written to '{directory}'.",
            here=f"{error.filename}: {error.strerror}",
            fix="name another directory",
        ) from None
    return list(drawn)


@styled()
def save_figure(figure: Figure, path: str | PathLike[str]) -> Path:
    """Write one figure, in the format of the path's ending, and return the path.

    Raises
    ------
    UnknownNameError
        For another format.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from cnnmath import zoo
    >>> with TemporaryDirectory() as folder:
    ...     save_figure(draw(analyze(zoo.lenet5())), Path(folder) / "lenet5.png").name
    'lenet5.png'
    """
    check_kind(path, (str, Path), "path", "name a file, as in 'network.svg'")
    path = Path(path)
    form = path.suffix.removeprefix(".")
    _check_format(form)
    figure.savefig(path, metadata=dict(FORMATS[form]))
    return path


def _check_format(form: str) -> None:
    check_known("format", form, FORMATS)


def read_image(path: Path) -> Any:
    """Image in a file, as an array of H x W or H x W x channels.

    Raises
    ------
    DataError
        Where there is none.
    """
    from matplotlib.image import imread

    try:
        return imread(path)
    except (OSError, SyntaxError, ValueError) as error:  # what decoders raise for files that are no images
        what = getattr(error, "strerror", None) or "it is no image that matplotlib reads"
        raise DataError(f"there is no image in '{path}'.", here=what, fix="name a PNG file") from None
