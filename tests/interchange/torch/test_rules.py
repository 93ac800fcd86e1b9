"""Every function that has a rule, against PyTorch: one module a chapter, which returns what each function gives."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.graph import Constant, analyze
from cnnmath.interchange import import_torch
from cnnmath.interchange.torch.rules import RULES
from tests.interchange.torch.exact import counts, image, integers, nn, read, torch
from tests.support import gamma

F = nn.functional


class Each(nn.Module):
    """What several functions make of one input."""

    def __init__(self, functions):
        super().__init__()
        self.functions = functions

    def forward(self, x):
        return {name: function(x) for name, function in self.functions.items()}


def both(functions, x):
    """Results of the package and of PyTorch by name, and the operators that each is."""
    net = Each(functions).eval()
    model = import_torch(net, x)
    assert model.notes == ()
    (name,) = model.inputs
    found = model.run(**{name: x.numpy()})
    with torch.no_grad():
        expected = {key: tensor.numpy() for key, tensor in net(x).items()}
    return found, expected, model


VIEWS = {
    "permuted": lambda x: x.permute(0, 2, 3, 1),
    "transposed": lambda x: x.transpose(1, 3),
    "moved": lambda x: x.movedim(1, -1),
    "rows": lambda x: x.reshape(x.shape[0], 4, -1),
    "turned": lambda x: x.flatten(2).transpose(1, 2),
    "shuffled": lambda x: F.channel_shuffle(x, 2),
    "enlarged": lambda x: F.pixel_shuffle(x, 2),
    "enlarged_by_views": lambda x: x.view(-1, 1, 2, 2, 4, 6).permute(0, 1, 4, 2, 5, 3).reshape(-1, 1, 8, 12),
    "reduced": lambda x: F.pixel_unshuffle(x, 2),
    "patches": lambda x: x.view(-1, 4, 2, 2, 3, 2).permute(0, 3, 5, 1, 2, 4).flatten(1, 3),
    "windows": lambda x: x.view(-1, 4, 2, 2, 3, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, 4).sum(2).view(-1, 6, 4),
    "regrouped": lambda x: x.transpose(2, 3).reshape(-1, 4, 24).reshape(-1, 4, 4, 6),
    "not_dividing": lambda x: x.reshape(-1, 4, 24)[:, 0].reshape(-1, 3, 8),
    "never_dividing": lambda x: x.sum(1).reshape(-1, 3, 8),
    "repeated": lambda x: x[:, :1].expand(-1, 3, -1, -1),
    "unsqueezed": lambda x: x.unsqueeze(2).squeeze(2),
}
PARTS = {
    "sliced": lambda x: x[:, 1:3, ::2, -4:],
    "one": lambda x: x[:, 2],
    "chunks": lambda x: torch.cat(x.chunk(3, 1)[::-1], 1),
    "split": lambda x: torch.cat(x.split([1, 3], 1)[::-1], 1),
    "stacked": lambda x: torch.stack(x.unbind(1), 2),
    "narrow": lambda x: x.narrow(3, 1, 2),
    "picked": lambda x: x[:, [3, 0, 0]],
    "selected": lambda x: torch.index_select(x, 2, torch.tensor([1, 0])),
    "along": lambda x: torch.cat([x, x], 2),
    "heads": lambda x: torch.cat(x.movedim(1, -1).chunk(2, -1)[::-1], -1),
    "thirds": lambda x: torch.cat(x.view(-1, 2, 2, 4, 6).unbind(1), 1),
}
BORDERS = {
    "zeros": lambda x: F.pad(x, (1, 2, 0, 1)),
    "channels": lambda x: F.pad(x, (0, 0, 0, 0, 1, 2), value=3.0),
    "cropped": lambda x: F.pad(x, (-1, 2, 0, -1)),
    "mirrored": lambda x: F.pad(x, (1, 2, 0, 1), mode="reflect"),
    "edges": lambda x: F.pad(x, (1, 2, 0, 1), mode="replicate"),
    "around": lambda x: F.pad(x, (1, 2, 0, 1), mode="circular"),
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "nearest_to": lambda x: F.interpolate(x, size=(3, 7)),
}
ARITHMETIC = {
    "sum": lambda x: torch.add(x, x.relu(), alpha=2),
    "shifted": lambda x: 3 + x - 1,
    "from": lambda x: 1 - x,
    "difference": lambda x: x - x.relu(),
    "product": lambda x: x * x.amax((2, 3), keepdim=True),
    "doubled": lambda x: 2 * x * 0.5,
    "halved": lambda x: x / 2,
    "negative": lambda x: -x,
    "squares": lambda x: x**2 + x.square(),
    "larger": lambda x: torch.maximum(x, -x),
    "smaller": lambda x: torch.minimum(x, -x),
    "clamped": lambda x: x.clamp(-1, 2) + x.clamp_min(0) + x.clamp_max(1) + F.hardtanh(x) + F.relu6(x),
    "sums": lambda x: x.sum(1),
    "middle": lambda x: x.mean((1, 2), keepdim=True),
    "largest": lambda x: x.max(1)[0] + x.amin(1),
    "matrix": lambda x: x @ x.transpose(2, 3),
    "pools": lambda x: F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)[0] + F.avg_pool2d(x, 2),
    "adaptive": lambda x: F.adaptive_max_pool2d(x, (2, None)) + F.adaptive_avg_pool2d(x, (2, 6)),
    "absolute": lambda x: F.leaky_relu(x, 0.5) + x.abs() + F.threshold(x, 1.0, 0.0),
}


@pytest.mark.parametrize(
    "chapter", [VIEWS, PARTS, BORDERS, ARITHMETIC], ids=["views", "parts", "borders", "arithmetic"]
)
def test_integers_are_the_same(chapter):
    found, expected, _ = both(chapter, image(2, 4, 4, 6))
    different = [name for name in chapter if not np.array_equal(found[name], expected[name])]
    assert different == []


SMOOTH = {
    **{name: getattr(F, name) for name in ("hardswish", "hardsigmoid", "silu", "mish", "selu", "elu", "softplus")},
    **{name: getattr(F, name) for name in ("gelu", "celu", "logsigmoid", "softsign")},
    **{name: getattr(torch, name) for name in ("sigmoid", "tanh", "exp", "erf")},
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "log": lambda x: (x.abs() + 1).log(),
    "roots": lambda x: (x.abs() + 1).sqrt() + (x.abs() + 1).rsqrt() + (x.abs() + 1).reciprocal() + 1 / (x.abs() + 1),
    "quotient": lambda x: x / (x.abs() + 1),
    "power": lambda x: (x.abs() + 1) ** 0.75,
    "powers": lambda x: torch.pow(x.abs() + 1, x),
    "softmax": lambda x: F.softmax(x, 1),
    "softmax_last": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "logsumexp": lambda x: x.logsumexp((2, 3)),
    "length": lambda x: torch.linalg.vector_norm(x, 2, 1),
    "response": lambda x: F.local_response_norm(x, 3, alpha=0.5, beta=0.75, k=2.0),
    "softmax_of_rows": lambda x: F.softmax(x, 2),
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "corners": lambda x: F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=True),
    "cubic": lambda x: F.interpolate(x, size=(6, 9), mode="bicubic"),
    "attention": lambda x: F.scaled_dot_product_attention(x, x + 1, x),
}
ROUNDINGS = 512
"""More than the roundings of any of these, each at most doubled by what follows it: 24 numbers are added at most."""


def test_functions_that_round_are_the_same_but_for_roundings():
    x = image(2, 4, 4, 6) / 2
    found, expected, model = both(SMOOTH, x)
    for name in SMOOTH:
        scale = 1 + np.abs(expected[name]).max()
        assert np.abs(found[name] - expected[name]).max() <= gamma(ROUNDINGS) * scale, name
    assert ops.LogSigmoid() in [op for _, op in model.network]
    assert ops.LocalResponseNorm(3, alpha=0.5, beta=0.75, k=2) in [op for _, op in model.network]


class Excited(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up = (
            nn.Conv2d(3, 8, 3, padding=1, bias=False),
            nn.Conv2d(8, 2, 1),
            nn.Conv2d(2, 8, 1),
        )

    def forward(self, x):
        y = self.conv(x)
        return y * F.relu(self.up(F.relu(self.down(y.amax((2, 3), keepdim=True)))))


def test_squeeze_and_excitation():
    model = read(Excited(), 3, 5, 6)
    assert counts(model) == (258, 6512)  # 8*3*9 + 2*8 + 2 + 8*2 + 8, 8*3*9 * 5*6 + 2*8 + 8*2


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1, bias=False)
        self.scale = nn.Parameter(torch.ones(4, 1, 1))
        self.register_buffer("shift", torch.arange(4.0)[:, None, None])

    def forward(self, x):
        return self.scale * self.conv(x) + self.shift


def test_an_array_of_the_module_is_a_node_and_counted_where_it_is_trained():
    model = read(Scaled(), 3, 2, 2)
    assert counts(model) == (16, 48)  # 4*3 + 4, 4*3 * 2*2
    assert model.network.order() == ["conv", "scale", "mul", "shift", "add"]
    assert model.parameters["scale.value"].shape == (1, 4, 1, 1)


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def test_attention_is_counted_with_its_projections():
    torch.manual_seed(0)
    net, x = Attending().double().eval(), image(2, 5, 6)
    model = import_torch(net, x)
    summary = analyze(model.network)
    assert summary.uncounted == ()
    assert summary.parameters == 168  # 3 * (6*6 + 6) + 6*6 + 6
    with torch.no_grad():
        expected = net(x).numpy()
    (found,) = model.run(x=x.numpy()).values()
    assert np.abs(found - expected).max() <= gamma(ROUNDINGS) * (1 + np.abs(expected).max())


class Classified(nn.Module):
    """Patches behind a token that every sample has, all at their places, and a linear layer of what the token is."""

    def __init__(self):
        super().__init__()
        self.patches, self.head = nn.Conv2d(1, 4, 2, 2), nn.Linear(4, 3)
        self.token, self.places = nn.Parameter(torch.zeros(1, 1, 4)), nn.Parameter(torch.zeros(1, 5, 4))

    def forward(self, x):
        patches = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(x.shape[0], -1, -1), patches], dim=1) + self.places
        return self.head(tokens[:, 0] + tokens.sum(1))


def test_a_class_token_is_an_array_that_every_sample_has():
    model = read(Classified(), 1, 4, 4)
    assert counts(model)[0] == (4 * 4 + 4) + (4 * 3 + 3) + 4 + 5 * 4
    assert model.notes == ()
    assert model.network.op("token") == Constant((1, 1, 4), trained=True, repeated=True)


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.group, self.layer, self.last = nn.GroupNorm(2, 4), nn.LayerNorm((4, 3, 5)), nn.LayerNorm(4)
        self.instance = nn.InstanceNorm2d(4, affine=True)
        self.slopes = nn.PReLU(4)

    def forward(self, x):
        y = self.last(self.instance(self.layer(self.group(x))).movedim(1, -1))
        return self.slopes(y.movedim(-1, 1))


def test_normalisations_of_samples():
    net, x = integers(Norms()), image(2, 4, 3, 5)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(parameter.abs() + 1)
    model = import_torch(net, x)
    kinds = [type(op).__name__ for _, op in model.network]
    assert kinds == ["GroupNorm", "LayerNorm", "InstanceNorm", "LayerNorm", "PReLU"]
    assert counts(model)[0] == 148  # 2*4 + 2*60 + 2*4 + 2*4 + 4
    with torch.no_grad():
        expected = net.eval()(x).numpy()
    (found,) = model.run(x=x.numpy()).values()
    assert np.abs(found - expected).max() <= gamma(ROUNDINGS) * (1 + np.abs(expected).max())


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.dense = nn.LayerNorm(6), nn.Linear(6, 4)

    def forward(self, x):
        return self.dense(self.norm(x))


def test_tokens_stay_as_they_are():
    model = import_torch(Tokens().double(), image(2, 5, 6))
    assert [type(op).__name__ for _, op in model.network] == ["LayerNorm", "LinearLast"]
    assert counts(model) == (40, 120)  # 2*6 + 6*4 + 4, 6*4 * 5


def test_every_rule_is_one_of_a_function_of_pytorch():
    missing = [name for name in RULES if not hasattr(torch.ops.aten, name)]
    assert missing == []
