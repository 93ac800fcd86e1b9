"""Small graphs, drawn: valid by construction, each operator from those that fit what it reads."""

from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.graph import INPUT, Architecture, shapes


@st.composite
def graphs(draw):
    """Small one-dimensional graphs: strides, dilation, pads, pools, bins, transposes, merges of equal sizes."""
    net = Architecture("drawn", (draw(st.integers(1, 2)), draw(st.integers(5, 9))))
    nodes = [INPUT]
    for i in range(draw(st.integers(1, 5))):
        read = draw(st.sampled_from(nodes))
        known = shapes(net)
        alike = [node for node in nodes if known[node] == known[read]]
        if len(alike) > 1 and draw(st.booleans()):
            op, reads = draw(st.sampled_from([ops.Add(), ops.Concat()])), [read, draw(st.sampled_from(alike))]
        else:
            op, reads = draw(sliding(known[read][2])), [read]
        nodes.append(net.add(f"node{i}", op, *reads))
    return net


def sliding(n):
    """Operators that fit a signal of this length."""
    small = st.integers(1, 3)
    kernel = st.integers(1, min(3, n))
    pad = st.tuples(st.integers(0, 1), st.integers(0, 1))
    wide = st.builds(lambda d, p: ops.Conv(1, (2,), dilation=d, padding=(p,)), st.integers(1, max(1, n - 1)), pad)
    return st.one_of(
        st.builds(lambda k, s, p: ops.Conv(2, (k,), stride=s, padding=(p,)), kernel, small, pad),
        wide if n > 1 else st.just(ops.ReLU()),
        st.builds(lambda k, s: ops.AveragePool((k,), stride=s, ceil=True), kernel, small),
        st.builds(lambda p: ops.Pad((p,)), pad),
        st.builds(lambda o: ops.AdaptiveAveragePool((o,)), small),
        st.builds(lambda k, s: ops.ConvTranspose(1, (k,), stride=s), small, small),
        st.just(ops.Upsample((2,))),
        st.just(ops.ReLU()),
    )
