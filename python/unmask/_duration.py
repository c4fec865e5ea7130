"""Times as a person says them."""

#: Units, each from so many seconds on.
_UNITS = (
    (2 * 365.25 * 86400, 365.25 * 86400, "years"),
    (2 * 86400, 86400, "days"),
    (2 * 3600, 3600, "hours"),
    (2 * 60, 60, "minutes"),
)


def duration(seconds: float) -> str:
    """Round a time to about two digits, in a unit that suits it.

    >>> duration(0.034), duration(95.0), duration(3600.0), duration(1e6), duration(1e12)
    ('0.03 s', '95 s', '60 minutes', '12 days', '3.2e+04 years')
    """
    for least, unit, name in _UNITS:
        if seconds >= least:
            amount = seconds / unit
            return f"{amount:.0f} {name}" if amount < 1000 else f"{amount:.2g} {name}"
    return f"{seconds:.0f} s" if seconds >= 2 else f"{seconds:.1g} s"
