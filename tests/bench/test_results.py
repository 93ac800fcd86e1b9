"""Tables and the page: every figure stands where it belongs."""

import pytest

from tests.bench import memory
from tests.bench.__main__ import arguments
from tests.bench.page import NOTHING, page
from tests.bench.results import WHAT, Measured, layer_tables, mean_table, network_table
from tests.bench.table import Table, markdown
from tests.bench.timing import Timing


def measured(name, peer, ours, theirs, *, kind="convolutions", direction="forward"):
    row = (name, "conv(1, 1)", "1x1x1x1")
    return Measured("net", 1, direction, kind, row, peer, Timing(((ours, theirs),) * 2))


RESULTS = [
    measured("a", "P", 0.002, 0.001),
    measured("a", "Q", 0.003, 0.012),
    measured("b", "P", 0.008, 0.001),
    measured("b", "P", 0.001, 0.001, direction="backward"),
    measured("c", "P", 0.001, 0.002, kind="poolings"),
    Measured("net", 8, "forward", WHAT, ("net", "8", "forward"), "P", Timing(((3.0, 2.0),))),
]


def test_a_layer_is_a_row_and_a_peer_a_column():
    forward, backward = layer_tables(RESULTS)
    assert (forward.title, backward.title) == ("Layers of net, batch 1, forward", "Layers of net, batch 1, backward")
    assert forward.columns == ("layer", "operator", "input", "ours, ms", "P / ours", "Q / ours")
    assert forward.rows == (
        ("a", "conv(1, 1)", "1x1x1x1", "2.00", "0.50 (0.50 to 0.50)", "4.00 (4.00 to 4.00)"),
        ("b", "conv(1, 1)", "1x1x1x1", "8.00", "0.12 (0.12 to 0.12)", ""),
        ("c", "conv(1, 1)", "1x1x1x1", "1.00", "2.00 (2.00 to 2.00)", ""),
    )


def test_means_are_geometric_and_by_group():
    table = mean_table(RESULTS)
    assert table.columns == ("layers", "batch", "direction", "P / ours", "Q / ours")
    assert table.rows == (
        ("convolutions, net", "1", "forward", "0.25 (2)", "4.00 (1)"),
        ("convolutions, net", "1", "backward", "1.00 (1)", ""),
        ("poolings, net", "1", "forward", "2.00 (1)", ""),
    )


def test_whole_networks_stand_apart():
    assert network_table(RESULTS).rows == (("net", "8", "forward", "3,000", "0.67 (1 run)"),)


def test_a_table_as_markdown():
    table = Table("T", ("a|b", "c"), (("1", "2"),))
    assert markdown(table) == "### T\n\n| a\\|b | c |\n| --- | ---: |\n| 1 | 2 |\n"


def test_a_page_says_on_what_and_with_what_it_was_measured():
    class Peer:
        NAME, HOW = "P", "called so"

    written = page([("Processor", "one")], {"p": Peer()}, layer_tables(RESULTS), whole=False)
    for line in (
        "- P: called so.",
        "- Processor: one",
        "### Layers of net, batch 1, backward",
        "some rows are missing",
    ):
        assert line in written
    assert "some rows are missing" not in page([], {}, layer_tables(RESULTS))


def test_a_page_without_a_run_says_so():
    assert page([("Processor", "one")], {}, [Table("T", ("a",), ())]).endswith(NOTHING)


def test_the_command_line_selects():
    chosen = arguments(["layers", "--net", "vgg16", "--batch", "1", "--direction", "forward", "--peer", "torch"])
    assert (chosen.sections, chosen.net, chosen.batch) == (["layers"], ["vgg16"], [1])
    assert (chosen.direction, chosen.peer) == (["forward"], ["torch"])
    assert arguments([]).sections == ["layers", "networks", "memory", "filters", "package", "files", "certificates"]
    with pytest.raises(SystemExit):
        arguments(["layer"])


def test_the_growth_of_memory_is_what_is_allocated():
    size = 64 * 2**20  # the system counts resident pages with a delay of some hundred kilobytes
    assert abs(memory.growth(lambda: bytearray(b"x") * size) - size) < size / 8
    assert memory.growth(lambda: None) < size / 8
