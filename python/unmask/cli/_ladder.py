"""Which numbers of steps to show where there is no room for all of them."""


def ladder(n: int) -> list[int]:
    """Numbers of steps 1, 2, 4, ... and ``n`` itself.

    >>> ladder(9)
    [1, 2, 4, 8, 9]
    """
    return sorted({1 << power for power in range(n.bit_length())} | {n})
