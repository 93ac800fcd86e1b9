"""The plugin of pytest: a fixture that verifies kernels, loaded wherever both are installed.

It loads nothing of the package before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cnnmath.verify import Certificate


@pytest.fixture
def cnnmath_verify() -> Callable[..., Certificate]:
    """Verify a kernel; where it is no certificate that comes out, the test fails with the report.

    It takes what `cnnmath.verify.verify` takes, or an operator's class and what `cnnmath.verify.search` takes::

        def test_my_conv(cnnmath_verify):
            cnnmath_verify(my_conv, Conv(4, (3, 2), stride=(2, 1)))
            cnnmath_verify(my_conv, Conv, examples=200)
    """
    return certified


def certified(kernel: Any, what: Any, *inputs: Any, **how: Any) -> Certificate:
    """The certificate of a kernel, or the failure of the test that asks for it."""
    from cnnmath.verify import search, verify
    from cnnmath.verify.testing import certificate

    return certificate(
        lambda: search(kernel, what, **how) if isinstance(what, type) else verify(kernel, what, *inputs, **how)
    )
