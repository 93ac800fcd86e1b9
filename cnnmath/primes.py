"""Prime factors, by which periods are made as short as they can be."""

from __future__ import annotations


def primes(n: int) -> list[int]:
    """Prime factors of a number, each once.

    Examples
    --------
    >>> primes(360), primes(1), primes(2**40 * 97)
    ([2, 3, 5], [], [2, 97])
    """
    found, divisor = [], 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            found.append(divisor)
            while n % divisor == 0:
                n //= divisor
        divisor += 1
    return [*found, n] if n > 1 else found
