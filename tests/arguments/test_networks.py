"""Which network a command line means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import arguments
from cnnmath.errors import CnnmathError
from cnnmath.graph import analyze


def test_a_network_takes_another_input_of_its_own_rank():
    assert arguments.network("alexnet", "3x227x227").input_shape == (3, 227, 227)
    assert arguments.network("AlexNet", None).input_shape == (3, 224, 224)
    assert arguments.network("alexnet", "1x3x227x227").input_shape == (3, 227, 227)
    for size in ("224x224", "2x3x224x224", "1x1x3x224x224"):
        with pytest.raises(CnnmathError, match="another rank than the network"):
            arguments.network("alexnet", size)


WORDS = (
    *(
        "relu",
        "conv(8, 3)",
        "maxpool(2)",
        "linear(F)",
        "lenet5",
        "lenet5(",
        "classes=3",
        "resnet50(classes=F)",
        "H",
        "add",
    ),
    *(" > ", "3*", "x", "(", ")", ",", "/", ".json", "\x00", "a" * 300),
)
SIZES = ("3", "8", "x", "X", "H", "1", "-", "0", "9" * 19, " ")


@given(
    st.lists(st.sampled_from(WORDS), max_size=5).map("".join) | st.text(),
    st.none() | st.lists(st.sampled_from(SIZES), max_size=5).map("".join) | st.text(max_size=4),
)
def test_any_words_are_a_network_or_refused_with_a_message(what, size):
    try:
        told = repr(analyze(arguments.network(what, size)))
    except CnnmathError as error:
        told = str(error)
    assert told
