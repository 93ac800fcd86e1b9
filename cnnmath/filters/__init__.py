"""Classical filters over the package's kernels: convolution of any rank, and image processing's filters by name."""

from cnnmath.filters.choice import Choice, Way
from cnnmath.filters.convolution import choose, convolve, correlate
from cnnmath.filters.factor import factors
from cnnmath.filters.kernels import KERNELS, Recipe, kernel
from cnnmath.filters.named import (
    binomial_blur,
    box_blur,
    derivative,
    gaussian_blur,
    laplacian,
    laplacian_of_gaussian,
    moving_average,
    prewitt,
    roberts,
    scharr,
    sharpen,
    sobel,
    unsharp_mask,
)
from cnnmath.filters.slide import BOUNDARIES, MODES

__all__ = [
    "BOUNDARIES",
    "KERNELS",
    "MODES",
    "Choice",
    "Recipe",
    "Way",
    "binomial_blur",
    "box_blur",
    "choose",
    "convolve",
    "correlate",
    "derivative",
    "factors",
    "gaussian_blur",
    "kernel",
    "laplacian",
    "laplacian_of_gaussian",
    "moving_average",
    "prewitt",
    "roberts",
    "scharr",
    "sharpen",
    "sobel",
    "unsharp_mask",
]
