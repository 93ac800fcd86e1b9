"""The smallest input that a network takes, and the answer to one that is smaller."""

import pytest

from cnnmath import ops, zoo
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, analyze, shapes, smallest_input


@pytest.mark.parametrize(
    ("build", "smallest"), [(zoo.lenet5, 16), (zoo.alexnet, 63), (zoo.vgg16, 32), (zoo.resnet50, 1)]
)
def test_the_smallest_input_fits_and_no_smaller_one_does(build, smallest):
    net = build()
    assert smallest_input(net) == (net.input_shape[0], smallest, smallest)
    assert fits(net, smallest)
    assert not any(fits(net, size) for size in range(1, smallest))


def fits(net, size):
    try:
        shapes(net.with_input((net.input_shape[0], size, size)))
    except ShapeError:
        return False
    return True


def test_the_smallest_input_is_found_where_only_odd_sizes_fit():
    net = Architecture("odd", (1, 8, 8))
    net.add("even", ops.Conv(1, 2, stride=2), INPUT)
    net.add("odd", ops.Conv(1, 3, stride=2), INPUT)
    net.add("concat", ops.Concat(), "even", "odd")
    assert [size for size in range(1, 9) if fits(net, size)] == [3, 5, 7]
    assert smallest_input(net) == (1, 3, 3)


def test_an_input_too_small_is_answered_with_the_node_and_the_smallest_that_fits():
    with pytest.raises(ShapeError) as caught:
        analyze(zoo.alexnet((3, 32, 32)))
    assert str(caught.value) == (
        "maxpool 'features.12': the kernel does not fit the input.\n"
        "  input   height 1     window  kernel 3, stride 2, dilation 1, padding (0, 0)\n"
        "  rule    floor((n + before + after - d*(k-1) - 1)/s) + 1 >= 1\n"
        "  here    floor((1 + 0 + 0 - 2 - 1)/2) + 1 = 0\n"
        "  fix     pad by at least 2 more in total, or use a kernel of at most 1, or give an input of at least 3\n"
        "  network alexnet takes inputs from 3x63x63"
    )
