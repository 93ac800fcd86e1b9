def test_many_connections_between_the_same_rows_are_one_arc():
    lane = lane_of(analyze(zoo.lenet5_1998()))
    assert [(arc.branches, len(arc.rows)) for arc in lane.arcs] == [(15, 30)]
    assert {arc.branches for arc in lane_of(analyze(zoo.resnet50())).arcs} == {1}


def test_many_connections_between_the_same_rows_are_one_arc():
    lane = lane_of(analyze(zoo.lenet5_1998()))
    assert [(arc.branches, len(arc.rows)) for arc in lane.arcs] == [(15, 30)]
    assert {arc.branches for arc in lane_of(analyze(zoo.resnet50())).arcs} == {1}
