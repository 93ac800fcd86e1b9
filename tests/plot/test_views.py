"""Images side by side: what is drawn, in which colours, and what is refused."""

import numpy as np
import pytest

from cnnmath import filters
from cnnmath.errors import DataError
from cnnmath.plot import views
from cnnmath.plot.views import sample


def test_every_view_shows_its_numbers_below_its_name():
    images = {f"image {i}": sample(8 + i) for i in range(4)}
    figure = views(images)
    for axes, (name, image) in zip(figure.axes, images.items(), strict=True):
        assert axes.get_title(loc="left") == name
        assert np.array_equal(axes.images[0].get_array(), image)
        assert axes.images[0].get_cmap().name == "gray"


def test_a_sign_is_seen_equally_far_on_both_sides_of_zero():
    image = sample(24)
    edges = filters.sobel(image, axis=1)
    (axes,) = views({"edges": edges}, signed=["edges"]).axes
    low, high = axes.images[0].get_clim()
    assert high == -low == np.abs(edges).max()
    assert axes.images[0].get_cmap().name == "RdBu_r"
    assert axes.get_xlabel() == f"−{-edges.min()} to {edges.max()}"


@pytest.mark.parametrize(
    ("images", "message"),
    [({}, "there is no image to draw"), ({"a": [1, 2]}, "'a' is no image"), ({"b": [["x"]]}, "'b' is no image")],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(DataError, match=message):
        views(images)
