"""Numbers as people write them in text files."""

LARGEST = 2**63 - 1
"""The largest integer an ``int64`` holds."""


def number(field: str) -> int | float | None:
    """Return the number that `field` writes, ``None`` if it writes none.

    >>> number("12"), number("1e3"), number("1_000"), number("count")
    (12, 1000.0, None, None)
    """
    # Python also reads underscores and the digits of every script; in data those are slips.
    if not field.isascii() or "_" in field:
        return None
    try:
        return int(field)
    except ValueError:
        pass
    try:
        return float(field)
    except ValueError:
        return None


def whole(field: str) -> int | None:
    """Return the whole number that `field` writes, ``None`` if it writes none of 64 bits.

    >>> whole("-3"), whole("2.0"), whole("2.5"), whole("9" * 19)
    (-3, 2, None, None)
    """
    value = number(field)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -LARGEST - 1 <= value <= LARGEST else None
