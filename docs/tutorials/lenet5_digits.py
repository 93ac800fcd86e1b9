"""LeNet-5 learns to read digits; then its trunk is frozen, and a new head learns to tell the odd ones from the even.

Run it with ``python lenet5_digits.py``. It needs the extra ``cnnmath[tutorial]``, and fetches nothing.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from cnnmath import numeric, zoo
from cnnmath.ops import Linear, Upsample
from cnnmath.plot import learning, save_figure
from cnnmath.training import SGD, Adam, Data, Shifts, evaluate, fit, initialise, load, save, transfer


def digits() -> tuple[Data, Data]:
    """Digits as LeNet-5 reads them, 1x32x32 between 0 and 1: 1437 to train on, and 360 that are held out.

    Each of the 8x8 numbers counts the black pixels of a block of 4x4, so that it is spread over such a block again.
    """
    data = load_digits()
    x = numeric.forward(Upsample(4), data.images[:, None].astype(np.float32) / 16)  # (1797, 1, 32, 32)
    x, held_x, t, held_t = train_test_split(x, data.target, test_size=360, stratify=data.target, random_state=0)
    return (x, t), (held_x, held_t)


def main(epochs: int, output: Path) -> dict[str, float]:
    """Train, store and take over; returns the accuracies that it prints."""
    output.mkdir(parents=True, exist_ok=True)
    (x, t), (held_x, held_t) = digits()

    net = zoo.lenet5()
    fitted = fit(
        net,
        initialise(net, "lecun"),
        (x, t),
        held_out=(held_x, held_t),
        optimiser=SGD(0.05, momentum=0.9),
        schedule=lambda epoch: 0.05 * 0.85 ** (epoch - 1),
        augment=Shifts(2),
        epochs=epochs,
    )
    accuracy = evaluate(net, fitted.parameters, (held_x, held_t)).accuracy
    print(f"digits: {accuracy:.2%} of {len(held_t)} held-out ones are read, after {fitted.history.seconds:.0f} s")
    print(save_figure(learning(fitted.history, "LeNet-5 on digits"), output / "lenet5_digits.svg"))
    print(save(output / "lenet5_digits.safetensors", fitted.parameters))

    found = {"digits": accuracy}
    stored = load(output / "lenet5_digits.safetensors", net)
    for trunk, arrays in {"trained": stored, "untrained": initialise(net, "lecun")}.items():
        new = transfer(net, arrays, "tanh4", {"parity": Linear(2)}, name=f"parity on the {trunk} trunk")
        head = fit(
            new.net,
            new.parameters,
            (x, t % 2),
            held_out=(held_x, held_t % 2),
            optimiser=Adam(0.01),
            epochs=max(1, epochs // 4),
            frozen=new.trunk,
        )
        found[trunk] = evaluate(new.net, head.parameters, (held_x, held_t % 2)).accuracy
        print(f"{new.net.name}: {found[trunk]:.2%} are told apart, after {head.history.seconds:.0f} s")
    return found


if __name__ == "__main__":
    options = ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--epochs", type=int, default=12, help="of the whole network; a quarter of it for each head")
    options.add_argument("--output", type=Path, default=Path("build/tutorial"), help="where figure and arrays go")
    main(**vars(options.parse_args()))
