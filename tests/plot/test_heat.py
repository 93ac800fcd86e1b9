"""Heat maps: the shares of the support, at their places, and the hull around them."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from cnnmath import ops, zoo
from cnnmath.errors import DataError, GraphError, UnknownNameError
from cnnmath.graph import Architecture, analyze
from cnnmath.graph.support import support
from cnnmath.plot import heat
from cnnmath.plot.heat import grey
from tests.graph.nets import chain


def drawn(figure):
    return figure.axes[0].images[-1]


@pytest.mark.parametrize(
    ("name", "node"), [("lenet5", "pool2"), ("vgg16", "features.16"), ("resnet152", "layer4.2.relu")]
)
def test_what_is_drawn_are_the_shares_at_their_places(name, node):
    net = zoo.named(name)
    figure, seen = heat(net, node), support(net, node)
    assert np.array_equal(drawn(figure).get_array().filled(0), seen.share())
    (top, bottom), (left, right) = seen.hull
    assert drawn(figure).get_extent() == [left - 0.5, right + 0.5, bottom + 0.5, top - 0.5]
    (hull,) = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert (hull.get_xy(), hull.get_width(), hull.get_height()) == (
        (left - 0.5, top - 0.5), right - left + 1, bottom - top + 1,
    )  # fmt: skip


def test_the_title_has_paths_and_holes_and_the_cross_the_middle_of_the_field():
    net = chain(ops.Conv(1, 3, dilation=4), shape=(1, 16, 16))
    figure = heat(net)
    assert figure.axes[0].get_title(loc="left") == "chain: paths to conv0 at (4, 4)\n9 paths, 72 holes"
    assert int(drawn(figure).get_array().mask.sum()) == 72
    (cross,) = [line for line in figure.axes[0].lines if line.get_marker() == "+"]
    assert (cross.get_xdata().tolist(), cross.get_ydata().tolist()) == ([8], [8])
    (cross,) = [line for line in heat(zoo.resnet152()).axes[0].lines if line.get_marker() == "+"]
    assert cross.get_xdata() == [3 * 32]  # odd size, padding of half of it: centred at stride times position


def test_numbers_beyond_64_bits_are_drawn():
    net = zoo.resnet152()
    assert support(net, "layer4.2.relu").paths > 2**64
    assert "2.00×10⁵² paths" in heat(analyze(net)).axes[0].get_title(loc="left")


def test_an_image_lies_below_in_grey():
    image = np.zeros((32, 32, 3))
    image[5, 7] = 1
    ground, over = heat(zoo.lenet5(), image=image).axes[0].images
    assert ground.get_array()[5, 7] == 1
    assert ground.get_array().sum() == 1
    assert ground.get_extent() == [-0.5, 31.5, 31.5, -0.5]
    assert np.ndim(over.get_alpha()) == 2


@pytest.mark.parametrize("white", [np.uint8(255), np.uint16(65535), 255, True, 1.0, 255.0])
def test_white_is_white_in_every_kind_of_number(white):
    assert grey(np.full((2, 3), white), (2, 3)).tolist() == [[1.0] * 3] * 2
    assert grey(np.zeros((2, 3, 4), np.asarray(white).dtype), (2, 3)).tolist() == [[0.0] * 3] * 2


def test_one_axis_is_drawn_as_a_row():
    figure = heat(chain(ops.Conv(1, (3,)), shape=(1, 9)))
    assert drawn(figure).get_array().shape == (1, 3)
    assert figure.axes[0].get_title(loc="left").endswith("3 paths, 0 holes")


def test_an_image_of_another_size_is_refused():
    with pytest.raises(DataError) as error:
        heat(zoo.lenet5(), image=np.zeros((28, 30, 3)))
    assert str(error.value) == (
        "this is no image of the input's size.\n"
        "  here    float64 array of shape (28, 30, 3)\n"
        "  rule    H x W or H x W x 3, here 32 x 32\n"
        "  fix     resize it, or analyse the network at its size"
    )


@pytest.mark.parametrize("image", [np.zeros(32), np.zeros((32, 32, 2)), np.full((32, 32), "a"), np.zeros((1, 32, 32))])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(DataError, match="this is no image of the input's size"):
        heat(zoo.lenet5(), image=image)


def test_nodes_that_have_no_map_are_refused():
    with pytest.raises(GraphError, match=r"node 'flatten': this node has no spatial axes"):
        heat(zoo.lenet5(), "flatten")
    with pytest.raises(UnknownNameError, match="there is no node 'pool9'"):
        heat(zoo.lenet5(), "pool9")
    with pytest.raises(GraphError, match="node 'conv0': a heat map has at most two axes"):
        heat(chain(ops.Conv(1, (3, 3, 3)), shape=(1, 5, 5, 5)))
    net = Architecture("mlp", (784,))
    net.add("fc", ops.Linear(10))
    with pytest.raises(GraphError, match="network 'mlp': it has no feature map with spatial axes"):
        heat(net)


def test_a_node_that_reads_nothing_but_padding_is_refused():
    net = chain(ops.Conv(1, 1, dilation=1, padding=9, stride=18), shape=(1, 4, 4))
    with pytest.raises(GraphError) as error:
        heat(net)
    assert str(error.value) == (
        "node 'conv0': its middle output depends on no input.\n"
        "  here    all that position (1, 1) reads is padding\n"
        "  fix     use less padding, or a larger input"
    )
