"""All bounds for one schedule, beside the exact value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from .._information_curve import InformationCurve
from .._schedule import Schedule, steps_text
from ..schedules import minimax
from ._arguments import ROUNDING, check_information_curve, checked_schedule
from ._error import largest_step_kl, li_cai_kl, worst_order_kl
from ._lower import least_kl, least_steps
from ._steps import austin_steps, chen_cong_li_steps, wainwright_steps
from ._wainwright import wainwright_kl
from ._worst_case import worst_case_kl

#: Logarithms of larger numbers than there are.
LARGEST_LOG = 709.0

Kind = Literal["exact", "estimate", "lower", "upper"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One line of a `Certificate`.

    Attributes
    ----------
    name : str
        What bounds.
    kind : {"exact", "estimate", "lower", "upper"}
        On which side of the expected KL the bound is; or that it is the expected KL itself, exactly
        or, by a curve that was sampled or corrected for bias, as an estimate. Bounds by an estimate
        are those of the curve as it stands.
    unit : {"nats", "steps"}
        Whether the expected KL of the schedule is bounded, or the number of steps that are needed
        (lower) or enough (upper) for it: whole numbers, and never more than the tokens.
    value : float or None
        None where the bound does not apply.
    source : str
        The result and the paper that it is from, or how it is computed.
    reason : str
        Why the bound does not apply, or empty.
    """

    name: str
    kind: Kind
    unit: Literal["nats", "steps"]
    value: float | None
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Certificate:
    """What is proved of a schedule for a curve; made by `certificate`.

    A sequence of `Bound`; ``certificate["name"]`` finds one by name.

    Attributes
    ----------
    schedule : Schedule
        What is certified.
    expected_kl : float
        Its expected KL by the curve, in nats.
    bounds : tuple of Bound
        The expected KL first, then bounds in nats, then numbers of steps.
    """

    schedule: Schedule
    expected_kl: float
    bounds: tuple[Bound, ...]

    def __len__(self) -> int:
        return len(self.bounds)

    def __iter__(self) -> Iterator[Bound]:
        return iter(self.bounds)

    def __getitem__(self, name: str) -> Bound:
        for bound in self.bounds:
            if bound.name == name:
                return bound
        names = ", ".join(bound.name for bound in self.bounds)
        raise KeyError(f"{name!r} is not one of: {names}")

    def __repr__(self) -> str:
        head = f"Certificate of {steps_text(self.schedule.nfe)} for n={self.schedule.n}"
        sign = {"exact": "=", "estimate": "~", "lower": ">=", "upper": "<="}
        lines = [head]
        for unit, title in (
            ("nats", "expected KL, nats"),
            ("steps", "steps for this expected KL"),
        ):
            lines.append(f"  {title}")
            for bound in self.bounds:
                if bound.unit == unit:
                    figure = "does not apply" if bound.value is None else f"{bound.value:.6g}"
                    note = bound.reason or bound.source
                    lines.append(
                        f"    {sign[bound.kind]:>2} {figure:<14}  {bound.name:<22}  {note}"
                    )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from .. import _html

        sign = {"exact": "=", "estimate": "\u2248", "lower": "\u2265", "upper": "\u2264"}
        rows = []
        for bound in self:
            one = bound.unit == "steps" and bound.value == 1
            unit = "step" if one else bound.unit
            value = "" if bound.value is None else f"{sign[bound.kind]} {bound.value:.6g} {unit}"
            rows.append((value, bound.name, bound.reason or bound.source))
        steps = f"Certificate of {steps_text(self.schedule.nfe)} for n={self.schedule.n}"
        return _html.fragment(steps, _html.table(rows, ("", "bound", "theorem")))


def certificate(
    schedule: Schedule, curve: InformationCurve, *, alphabet_size: float | None = None
) -> Certificate:
    """Set every bound on a schedule beside its expected KL.

    Parameters
    ----------
    schedule : Schedule
        What is asked about.
    curve : InformationCurve
        Of the distribution that is sampled.
    alphabet_size : float, optional
        Letters of a token, for the bound over orders.

    Returns
    -------
    Certificate
        Bounds on the expected KL; and numbers of steps that are needed (for this curve, or for
        everything within its total correlations) and enough for the same expected KL. A bound that
        does not apply says why.

    Raises
    ------
    TypeError
        If the curve is not that of a distribution.
    ValueError
        If it increases, which no distribution does, or the schedule is for another number of
        tokens.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([1.0, 0.5, 0.25, 0.25])
    >>> proof = certificate(Schedule([1, 1, 2]), curve)
    >>> proof.expected_kl, proof["least in these steps"].value
    (0.0, 0.0)
    """
    check_information_curve(curve)
    schedule = checked_schedule(schedule, curve)
    exact = curve.expected_kl(schedule)
    # Zero may come out below it.
    tolerance = max(exact, 0.0)
    known: Literal["exact", "estimate"] = "estimate" if _is_estimate(curve) else "exact"
    tc, dtc = max(curve.total_correlation, 0.0), max(curve.dual_total_correlation, 0.0)

    def order() -> float:
        if alphabet_size is None:
            raise ValueError("alphabet_size: is not given")
        bound = worst_order_kl(schedule, alphabet_size)
        if curve.h[0] > math.log(alphabet_size) * (1 + ROUNDING):
            least = math.exp(curve.h[0]) if curve.h[0] < LARGEST_LOG else math.inf
            raise ValueError(
                f"alphabet_size: is {alphabet_size}, expected letters for tokens of "
                f"{curve.h[0]:.6g} nats each on average, at least {least:.6g}"
            )
        return bound

    def shortest() -> float:
        return minimax(
            curve.n, max_kl=tolerance, total_correlation=tc, dual_total_correlation=dtc
        ).nfe

    chen, li = "Chen, Cong and Li, arXiv 2511.04647", "Li and Cai, arXiv 2505.21400"
    wainwright = "Wainwright, arXiv 2608.13520"
    program = "linear program over all curves within the bounds, dual to unmask.schedules.minimax"
    rows: list[tuple[str, Kind, Literal["nats", "steps"], Callable[[], float], str]] = [
        (
            known,
            known,
            "nats",
            lambda: exact,
            f"left Riemann error{_of_what(curve)}, {chen}",
        ),
        (
            "least in these steps",
            "lower",
            "nats",
            lambda: least_kl(curve, schedule.nfe),
            "unmask.schedules.optimal, dynamic programming",
        ),
        (
            "worst case, TC",
            "upper",
            "nats",
            lambda: worst_case_kl(schedule, total_correlation=tc),
            program,
        ),
        (
            "worst case, DTC",
            "upper",
            "nats",
            lambda: worst_case_kl(schedule, dual_total_correlation=dtc),
            program,
        ),
        (
            "worst case, TC and DTC",
            "upper",
            "nats",
            lambda: worst_case_kl(schedule, total_correlation=tc, dual_total_correlation=dtc),
            program,
        ),
        (
            "worst case, all",
            "upper",
            "nats",
            lambda: worst_case_kl(schedule, curve),
            f"{program}, Z_n and harmonic mass among them",
        ),
        ("odds", "upper", "nats", lambda: wainwright_kl(schedule, curve), wainwright),
        (
            "largest step",
            "upper",
            "nats",
            lambda: largest_step_kl(schedule, curve),
            f"(s_max - 1) Z_n, after {li}",
        ),
        ("Li-Cai", "upper", "nats", lambda: li_cai_kl(schedule, curve), li),
        (
            "any order",
            "upper",
            "nats",
            order,
            "(n - k) log q for any law and any order, by the chain rule",
        ),
        (
            "least for this curve",
            "lower",
            "steps",
            lambda: least_steps(curve, tolerance),
            "unmask.schedules.optimal, dynamic programming",
        ),
        (
            "minimax, TC and DTC",
            "upper",
            "steps",
            shortest,
            "unmask.schedules.minimax, shortest for everything within the bounds",
        ),
        (
            "Chen-Cong-Li",
            "upper",
            "steps",
            lambda: chen_cong_li_steps(curve, max_kl=tolerance),
            chen,
        ),
        (
            "Austin",
            "upper",
            "steps",
            lambda: austin_steps(curve, max_kl=tolerance),
            "Austin, arXiv 1809.10272",
        ),
        (
            "odds, steps",
            "upper",
            "steps",
            lambda: wainwright_steps(curve, max_kl=tolerance),
            wainwright,
        ),
    ]
    return Certificate(schedule, exact, tuple(_bound(schedule.n, *row) for row in rows))


def _is_estimate(curve: InformationCurve) -> bool:
    """Whether the curve is not that of a law that is known: a plug-in curve is, of the sample."""
    return curve.method == "sampled" or curve.estimator not in (None, "plugin")


def _of_what(curve: InformationCurve) -> str:
    if curve.method == "sampled":
        return " of a sampled curve"
    if curve.estimator is None:
        return ""
    if curve.estimator == "plugin":
        return " of the curve of the sample itself"
    return f" of a curve by {curve.estimator} estimates"


def _bound(
    n: int,
    name: str,
    kind: Kind,
    unit: Literal["nats", "steps"],
    call: Callable[[], float],
    source: str,
) -> Bound:
    try:
        value = float(call())
    except ValueError as error:
        return Bound(name, kind, unit, None, source, str(error))
    if unit == "steps" and kind == "upper":
        # Steps come whole, and one token at a time is always enough.
        value = float(n) if value >= n else float(math.floor(value))
    return Bound(name, kind, unit, value, source)
