"""What is read along with a network: names, arrays, inputs and outputs, and what is refused or left unknown."""

import sys

import numpy as np
import pytest

from cnnmath.errors import DataError, GraphError, MissingExtraError, SettingError
from cnnmath.graph import Opaque, analyze
from cnnmath.interchange import import_torch
from tests.interchange.torch.exact import counts, image, integers, names, nn, read, torch

functional = nn.functional


def small():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Dropout(0.25), nn.Flatten())


def test_the_module_given_stays_as_it_is():
    net = integers(small()).train()
    net[3].eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    read_again = import_torch(net, image(2, 1, 4, 4))
    assert [part.training for part in net] == [True, True, True, False, True]
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert names(read_again) == ["0", "1", "2", "3", "4"]


def test_arrays_are_the_memory_of_the_tensors():
    net = integers(small())
    model = import_torch(net, image(1, 1, 4, 4))
    assert set(model.parameters) == {"0.w", "0.b", "1.gamma", "1.beta", "1.mean", "1.var"}
    assert np.shares_memory(model.parameters["0.w"], net[0].weight.detach().numpy())
    assert np.shares_memory(model.parameters["1.var"], net[1].running_var.numpy())


def test_bfloat16_becomes_float32():
    net = nn.Linear(3, 2).bfloat16()
    model = import_torch(net, torch.zeros(1, 3, dtype=torch.bfloat16))
    assert model.parameters["linear.w"].dtype == np.float32
    assert np.array_equal(model.parameters["linear.w"], net.weight.detach().float().numpy())


def test_a_program_gives_the_network_that_its_module_gives():
    net, x = integers(small()).eval(), image(2, 1, 4, 4)
    program = torch.export.export(net, (x,))
    model, again = import_torch(net, x), import_torch(program)
    assert list(model.network) == list(again.network)
    assert {name: a.tolist() for name, a in model.parameters.items()} == {
        name: a.tolist() for name, a in again.parameters.items()
    }


@pytest.mark.filterwarnings("ignore")
def test_a_program_that_is_decomposed_computes_the_same():
    net = integers(nn.Sequential(small(), nn.Linear(8, 5), nn.Unflatten(1, (1, 5)), nn.Linear(5, 3), nn.Flatten()))
    x = image(2, 1, 4, 4)
    model = import_torch(torch.export.export(net.eval(), (x,)).run_decompositions())
    summary = analyze(model.network)
    assert (summary.parameters, summary.macs) == (87, 127)  # 2*9 + 2 + 2*2 + 8*5 + 5 + 5*3 + 3, 2*9 * 2*2 + 8*5 + 5*3
    with torch.no_grad():
        assert np.array_equal(model.run(input=x.numpy())["output"], net(x).numpy())


class Overwriting(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)

    def forward(self, x):
        y = self.conv(x)
        same = y
        y.relu_()
        y += same
        return y


def test_what_is_overwritten_is_new_by_all_its_names():
    model = read(Overwriting(), 2, 3, 3)
    assert [type(op).__name__ for _, op in model.network] == ["Conv", "ReLU", "Add"]
    assert model.network.inputs("add") == ("relu", "relu")


class OverwritingAView(nn.Module):
    def forward(self, x):
        y = x + x
        flat = y.flatten(1)
        y.relu_()
        return flat


def test_what_is_overwritten_is_new_in_a_view_of_it_too():
    model = read(OverwritingAView(), 2, 3, 3)
    assert [type(op).__name__ for _, op in model.network] == ["Add", "ReLU", "Flatten"]


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 3, 1)
        self.register_buffer("grid", torch.arange(3.0))

    def forward(self, x, other):
        y = self.conv(torch.cat([x, other], 1))
        return {"maps": y, "more": (y.mean((2, 3)), self.grid)}


def test_several_inputs_and_outputs_have_their_names():
    net, x, other = integers(Several()), image(2, 2, 2, 4), image(2, 2, 2, 4, seed=5)
    model = import_torch(net, x, other)
    assert dict(model.inputs) == {"x": "input", "other": "other"}
    assert dict(model.outputs) == {"maps": "conv", "more.0": "mean.flatten"}
    found = model.run(x=x.numpy(), other=other.numpy())
    with torch.no_grad():
        expected = net(x, other)
    assert np.array_equal(found["maps"], expected["maps"].numpy())
    assert np.array_equal(found["more.0"], expected["more"][0].numpy())
    assert found["more.1"].tolist() == [0, 1, 2]


class OneSample(nn.Module):
    def forward(self, x):
        return torch.relu(x).reshape(1, -1)


def test_a_module_made_for_a_single_sample_serves_any_number():
    model = import_torch(OneSample(), torch.zeros(1, 2, 3))
    assert model.run(x=np.ones((4, 2, 3)))["output"].shape == (4, 6)


class Normalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
        self.norm = nn.BatchNorm1d(3, affine=False)

    def forward(self, x):
        return self.norm(self.dense(x))


def test_what_is_counted_and_is_not_in_the_module_is_said():
    model = import_torch(Normalised().double(), image(1, 4))
    assert model.notes == (
        "'dense.linear.w' is computed from dense.parametrizations.weight.original0, "
        "dense.parametrizations.weight.original1",
        "'norm.gamma' is not in the module, and its 3 numbers, all 1, are no parameters",
        "'norm.beta' is not in the module, and its 3 numbers, all 0, are no parameters",
    )
    assert counts(model) == (15, 12)  # 4*3 + 3, 4*3


class Frozen(nn.Module):
    """A convolution whose weights are a buffer, and normalisations whose scales are none or one."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 8, 3)
        self.instance = nn.InstanceNorm2d(8)
        self.group = nn.GroupNorm(2, 8)
        self.register_buffer("blur", torch.full((8, 1, 3, 3), 0.125))
        self.register_buffer("scale", torch.arange(1.0, 5.0))
        self.shift = nn.Parameter(torch.ones(4))

    def forward(self, x):
        x = self.group(self.instance(self.conv(x)))
        x = functional.conv2d(x, self.blur, groups=8, stride=2)
        return functional.layer_norm(x, (4,), self.scale, self.shift)


def test_parameters_are_those_of_the_module_and_what_it_stores_beside_is_none():
    net = Frozen().double()
    net.blur, net.scale = net.blur.double(), net.scale.double()
    x = image(2, 4, 12, 11)
    model = import_torch(net, x)
    summary = analyze(model.network)
    assert summary.parameters == sum(p.numel() for p in net.parameters()) == 316  # 4*8*9 + 8, 2*8, 4
    assert summary.buffers == 8 * 9 + 4 + 2 * 8  # the blur, the scale, and ones and zeros
    with torch.no_grad():
        assert np.allclose(model.run(x=x.numpy())["output"], net(x).numpy(), rtol=0, atol=1e-12)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Linear(6, 2)

    def forward(self, x):
        return functional.linear(self.down(x), self.down.weight.t())


def test_weights_that_are_used_the_other_way_round_are_counted_again_and_said():
    model = read(Autoencoder(), 6)
    assert counts(model) == (26, 24)  # 2*6 + 2 + 6*2, 2 * 2*6
    assert model.notes == ("'down.w' and 'linear.w' are one tensor, 'down.weight': 12 numbers are counted again",)


class Sorted(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.rnn, self.fc = nn.Conv2d(1, 2, 3), nn.GRU(4, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x):
        rows, _ = self.rnn(torch.cumsum(self.conv(x).flatten(2), 1))
        return self.fc(rows.amax(1))


def test_what_is_not_known_stands_in_the_network_with_its_shape_and_its_reason():
    model = import_torch(Sorted(), torch.zeros(1, 1, 4, 4))
    unknown = {name: op for name, op in model.network if isinstance(op, Opaque)}
    assert unknown["cumsum"] == Opaque("aten.cumsum", (2, 4))
    assert "'cumsum' is not known, aten.cumsum: there is no rule for it" in model.notes
    summary = analyze(model.network)
    assert set(summary.uncounted) == set(unknown)
    assert summary.parameters == 20 + 8
    assert "its 81 numbers are not counted" in "".join(model.notes)
    with pytest.raises(SettingError, match=r"node 'cumsum': the mathematics of 'aten\.cumsum' is not known here"):
        model.run(x=np.zeros((1, 1, 4, 4)))


class Infinite(nn.Module):
    def forward(self, x):
        return functional.leaky_relu(x, float("inf"))


def test_settings_that_no_operator_has_are_said():
    model = import_torch(Infinite(), torch.zeros(1, 2))
    assert model.notes == ("'leaky_relu' is not known, aten.leaky_relu: slope must be a finite number",)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 3)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


def test_weights_that_are_tied_with_biases_of_their_own_are_counted_again_and_said():
    model = read(Tied(), 3)
    assert counts(model) == (24, 18)  # 2 * (3*3 + 3), 2 * 3*3
    assert model.notes == ("'first.w' and 'second.w' are one tensor, 'first.weight': 9 numbers are counted again",)


class Deciding(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_a_course_that_depends_on_data_is_refused_with_pytorchs_reason(capfd):
    with pytest.raises(GraphError) as caught:
        import_torch(Deciding(), torch.ones(1, 2))
    assert str(caught.value).startswith(
        "module 'Deciding': PyTorch cannot export this module.\n  here    Could not guard on data-dependent expression"
    )
    assert "def forward" not in "".join(capfd.readouterr())


class Mixing(nn.Module):
    def forward(self, x):
        return x.reshape(-1)


def test_an_output_that_mixes_samples_is_refused():
    with pytest.raises(GraphError) as caught:
        import_torch(Mixing(), torch.ones(2, 3))
    assert str(caught.value) == (
        "an output cannot be written as the package's: it mixes the samples of a batch.\n"
        "  here    it is made by 'reshape'\n"
        "  rule    an output is (N, C, *spatial)\n"
        "  fix     return it with the samples along the first axis"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((lambda x: x, torch.zeros(1, 2)), "this is no module.\n  here    function\n"),
        ((nn.ReLU(),), "a module is read along an example of its input.\n  here    no example\n"),
        ((nn.ReLU(), torch.zeros(3)), "a module is read along an example of its input.\n  here    shape (3,)\n"),
        ((nn.ReLU(), 3), "a module is read along an example of its input.\n  here    int\n"),
    ],
)
def test_what_is_no_module_and_no_batch_is_refused(given, message):
    with pytest.raises(DataError) as caught:
        import_torch(*given)
    assert str(caught.value).startswith(message)


def test_without_pytorch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError) as caught:
        import_torch(None)
    assert str(caught.value) == (
        "PyTorch is not installed.\n"
        "  rule    a module is read by PyTorch's own export\n"
        '  fix     in a clone of cnnmath: pip install ".[torch]"; from a package index that has it: "cnnmath[torch]"'
    )
