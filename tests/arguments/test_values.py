"""What the text of an option means."""

import pytest

from cnnmath import arguments
from cnnmath.errors import NotationError


@pytest.mark.parametrize(("text", "sizes"), [("3", (3,)), ("3x2", (3, 2)), ("3X224X224", (3, 224, 224))])
def test_sizes_are_joined_by_x(text, sizes):
    assert arguments.sizes(text, "--input") == sizes


@pytest.mark.parametrize("text", ["", "x", "3x", "3,2", "a", "1.5", "3x2:1", "1_0", "3x2_24", "-1", " 3", "٣"])
def test_what_is_no_list_of_sizes_is_refused_with_the_option_it_was_given_to(text):
    with pytest.raises(NotationError) as caught:
        arguments.sizes(text, "--stride")
    assert str(caught.value) == (
        "this is no list of sizes.\n"
        f"  here    --stride {text}\n"
        "  rule    integers of at most 18 digits, without a sign, joined by x\n"
        "  fix     for example --stride 3, or --stride 3x2 for an entry an axis"
    )
