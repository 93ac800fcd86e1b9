"""What a window must be: the padding that keeps a size, and how many layers a receptive field takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnmath.errors import SettingError, check_kind
from cnnmath.window import Window, check_at_least, fit


@dataclass(frozen=True, slots=True)
class SamePadding:
    """Padding with which a window keeps the size of its input, or divides it by the stride, rounded up.

    Attributes
    ----------
    window
        The window with this padding.
    n
        Size of the input, or None where the padding is right for every size.
    """

    window: Window
    n: int | None = None

    @property
    def before(self) -> int:
        """Padding before."""
        return self.window.before

    @property
    def after(self) -> int:
        """Padding after: the odd position lies here."""
        return self.window.after

    @property
    def symmetric(self) -> bool:
        """Whether both sides have the same."""
        return self.before == self.after

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"before": self.before, "after": self.after, "symmetric": self.symmetric, "n": self.n}

    def __repr__(self) -> str:
        w, total = self.window, self.before + self.after
        size = "every size" if self.n is None else f"{self.n}, giving {w.placements(self.n)}"
        need = f"extent {w.extent} - 1" if self.n is None else f"{total} in total"
        lines = [f"padding ({self.before}, {self.after}) for {size}: {need}, {'even' if total % 2 == 0 else 'odd'}"]
        if not self.symmetric and self.n is None:
            half = total // 2
            lines.append(
                f"  no symmetric one: ({half}, {half}) gives n - 1, ({half + 1}, {half + 1}) gives n + 1; "
                f"{_neighbours(w)} would be symmetric"
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Depth:
    """How many layers of one window reach a receptive field.

    Attributes
    ----------
    window, field
        The layer's window, and the field that is asked for.
    layers
        Least number of layers whose field is at least that.
    below, reached, above
        Fields of one layer less, of these layers, and of one more.
    """

    window: Window
    field: int
    layers: int
    below: int | None
    reached: int
    above: int

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in ("field", "layers", "below", "reached", "above")}

    def __repr__(self) -> str:
        w = self.window
        settings = f"kernel {w.kernel}, stride {w.stride}, dilation {w.dilation}"
        less = "" if self.below is None else f"{self.layers - 1} see {self.below}, "
        steps = "1" if w.stride == 1 else f"{w.stride}^i"
        return (
            f"{self.layers} layers of {settings} reach a field of {self.field}: "
            f"{less}{self.layers} see {self.reached}, {self.layers + 1} see {self.above}\n"
            f"  field after L layers = 1 + {w.extent - 1}*(sum of {steps} over i < L)"
        )


def layers_for(window: Window, field: int) -> Depth:
    """Least number of equal layers whose receptive field is at least ``field``.

    A chain of L windows of extent e and stride s has the extent ``1 + (e - 1)*(1 + s + ... + s^(L-1))``.

    Raises
    ------
    SettingError
        For a kernel of 1, whose field never grows, and for a field below 1.

    References
    ----------
    .. [1] A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill,
       2019, https://doi.org/10.23915/distill.00021, equation 2.

    Examples
    --------
    >>> layers_for(Window(3), 99).layers
    49
    >>> layers_for(Window(3, stride=2), 100)
    6 layers of kernel 3, stride 2, dilation 1 reach a field of 100: 5 see 63, 6 see 127, 7 see 255
      field after L layers = 1 + 2*(sum of 2^i over i < L)
    """
    check_kind(window, Window, "window", "give one, as in Window(3, stride=2)")
    _check_concrete(field=field, kernel=window.kernel, stride=window.stride, dilation=window.dilation)
    if window.extent == 1 and field > 1:
        raise SettingError(
            "a kernel of 1 never sees more than one position.",
            rule="field after L layers = 1 + (extent - 1)*(1 + s + ... + s^(L-1))",
            here=f"1 + 0 = 1 < {field}, however many layers",
            fix="use a kernel of 2 or more",
        )
    if window.stride == 1:
        layers = -((1 - field) // (window.extent - 1)) if field > 1 else 0
    else:
        layers = 0
        while _field(window, layers) < field:
            layers += 1
    below = _field(window, layers - 1) if layers else None
    return Depth(window, field, layers, below, _field(window, layers), _field(window, layers + 1))


def same_padding(kernel: int, dilation: int = 1, stride: int = 1, n: int | None = None) -> SamePadding:
    """Padding that keeps the size: ``extent - 1`` in total at stride 1, for every size of the input.

    *Conventions*: the odd position goes after, as in TensorFlow and ONNX ``SAME_UPPER``. At a larger stride no padding
    keeps every size; for an input of length ``n`` the answer is the least padding that gives ``ceil(n/stride)``.

    Raises
    ------
    SettingError
        For a stride above 1 without ``n``, with the padding that comes nearest.

    References
    ----------
    .. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
       relation 3 (half padding).

    Examples
    --------
    >>> same_padding(3)
    padding (1, 1) for every size: extent 3 - 1, even
    >>> same_padding(4)
    padding (1, 2) for every size: extent 4 - 1, odd
      no symmetric one: (1, 1) gives n - 1, (2, 2) gives n + 1; a kernel of 3 or 5 would be symmetric
    >>> same_padding(3, stride=2, n=224).after
    1
    """
    _check_concrete(kernel=kernel, stride=stride, dilation=dilation)
    if n is not None:
        _check_concrete(n=n)
        return SamePadding(fit(n, kernel, stride, dilation, "same"), n)
    window = Window(kernel, stride, dilation)
    total = window.extent - 1
    before, after = total // 2, total - total // 2
    if stride > 1:
        raise SettingError(
            f"no padding keeps every size at stride {stride}.",
            rule="floor((n + before + after - extent)/s) + 1 = n for every n needs s = 1",
            here=f"keeping n needs {stride}*(n - 1) + {window.extent} - n in total, which grows with n",
            fix=f"give n for the least padding to ceil(n/{stride}), or pad ({before}, {after}): extent - 1 in total "
            f"gives ceil(n/{stride}) for every n",
        )
    return SamePadding(Window(kernel, stride, dilation, before, after))


def _check_concrete(**settings: Any) -> None:
    """Raise where a setting is no integer of at least 1; a symbol is none here."""
    for name, value in settings.items():
        check_at_least(name, value, 1)
        if not isinstance(value, int):
            raise SettingError(f"the {name} is a formula.", here=f"{name} {value}", fix="give an integer")


def _field(window: Window, layers: int) -> int:
    """Field after some layers: the closed form of the composition."""
    s = window.stride
    return 1 + (window.extent - 1) * (layers if s == 1 else (s**layers - 1) // (s - 1))


def _neighbours(window: Window) -> str:
    """Kernels next to one of odd total padding that have an even one."""
    return f"a kernel of {window.kernel - 1} or {window.kernel + 1}"
