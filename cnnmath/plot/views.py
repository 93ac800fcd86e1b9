"""An image and what filters make of it, side by side, each under the line that makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnmath import filters
from cnnmath.errors import DataError, check_kind
from cnnmath.plot.style import FAINT, GREY, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 2.0
"""Side of a view in inches."""

COLUMNS = 3
SIGNED = "RdBu_r"
"""Colours of views with two signs: white is 0, red is positive."""


@styled()
def views(images: Mapping[str, Any], signed: Collection[str] = ()) -> Figure:
    """Draw images of one channel, three a row, each below its name.

    Parameters
    ----------
    images
        Arrays (H, W) by name.
    signed
        Names of those whose sign is to be seen.

    Notes
    -----
    *Conventions*: an image is grey, from its least number to its greatest; one whose sign is to be seen is blue below 0
    and red above, equally far. The range stands below each view.

    Raises
    ------
    DataError
        Where there is no image, or an array is none.
    MissingExtraError
        Where matplotlib is not installed.

    Examples
    --------
    >>> image = sample()
    >>> figure = views({"image": image, "sobel(image, 0)": filters.sobel(image, 0)}, signed=["sobel(image, 0)"])
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['image', 'sobel(image, 0)']
    """
    from matplotlib.figure import Figure

    check_kind(images, Mapping, "dict of images", 'give them by name, as in {"image": image}')
    arrays = {name: np.asarray(image) for name, image in images.items()}
    if wrong := next((name for name, a in arrays.items() if a.ndim != 2 or a.dtype.kind not in "iuf"), None):
        raise DataError(f"'{wrong}' is no image.", input=f"shape {arrays[wrong].shape}", fix="give numbers (H, W)")
    if not arrays:
        raise DataError("there is no image to draw.", fix="give one by its name")
    rows, columns = -(-len(arrays) // COLUMNS), min(len(arrays), COLUMNS)
    figure = Figure(figsize=(columns * (SIDE + 0.15), rows * (SIDE + 0.5)), layout="constrained")
    for position, (name, image) in enumerate(arrays.items(), 1):
        _view(figure.add_subplot(rows, columns, position), name, image, signed=name in signed)
    return figure


def filtered() -> Figure:
    """Draw the figure of the page on filters: a made image, and five filtered versions of it.

    Examples
    --------
    >>> len(filtered().axes)
    6
    """
    image = sample()
    signed = {
        "sobel(image, axis=1)": filters.sobel(image, axis=1),
        "laplacian_of_gaussian(image, 2)": filters.laplacian_of_gaussian(image, 2),
    }
    plain = {
        "image": image,
        "gaussian_blur(image, 2)": filters.gaussian_blur(image, 2),
        "unsharp_mask(image, 2)": filters.unsharp_mask(image, 2),
        "sobel(image)": filters.sobel(image),
    }
    return views(plain | signed, signed)


def sample(side: int = 96) -> Any:
    """A made image of bytes: a disc, a frame, a ramp and thin lines, each with a border of its own kind.

    Examples
    --------
    >>> sample().shape, sample().dtype
    ((96, 96), dtype('uint8'))
    """
    i, j = np.indices((side, side)) / side
    image = np.full((side, side), 60.0)
    image[(i - 0.3) ** 2 + (j - 0.3) ** 2 < 0.2**2] = 220
    frame = (abs(i - 0.3) < 0.2) & (abs(j - 0.76) < 0.16)
    image[frame & ~((abs(i - 0.3) < 0.12) & (abs(j - 0.76) < 0.08))] = 160
    ramp = (i > 0.6) & (i < 0.9) & (j > 0.1) & (j < 0.55)
    image[ramp] = (60 + 160 * (j - 0.1) / 0.45)[ramp]
    lines = (i > 0.6) & (i < 0.9) & (j > 0.6) & (j < 0.92) & (np.indices((side, side))[1] % 6 == 0)
    image[lines] = 240
    return image.astype(np.uint8)


def _view(axes: Axes, name: str, image: Any, *, signed: bool) -> None:
    low, high = float(image.min()), float(image.max())
    if signed:
        top = max(-low, high)
        axes.imshow(image, cmap=SIGNED, vmin=-top, vmax=top, interpolation="nearest")
    else:
        axes.imshow(image, cmap="gray", interpolation="nearest")
    axes.set_title(name, fontsize=7.5)
    axes.set_xlabel(f"{low:,.4g} to {high:,.4g}".replace("-", "−"), fontsize=7, color=GREY, loc="left")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT)
