"""Schedules by rule, and the best ones.

Functions return a `Schedule`: step sizes in the order in which they happen, each at least 1, with
sum ``n``. Argument names: ``n`` tokens, ``steps`` function evaluations, ``max_kl`` the
largest expected KL divergence in nats.

* Nothing known: `uniform`, `cosine`, `arccos`, `power`, `geometric`, `loglinear`, `beta`, `sweep`,
  `harmonic`.
* Bounds known: `total_correlation`, `dual_total_correlation`, `austin`, and the best of the same
  knowledge, `minimax`.
* A curve known: `square_root`, `integer_steps`, and the best ones, `optimal` and `frontier`; an
  estimate of one, `robust`.
* Random counts, a `BernoulliSchedule`: `mdlm`, `optimal_levels`.
"""

from ._austin import austin as austin
from ._frontier import Frontier as Frontier
from ._frontier import frontier as frontier
from ._harmonic import harmonic as harmonic
from ._integer_steps import integer_steps as integer_steps
from ._levels import mdlm as mdlm
from ._levels import optimal_levels as optimal_levels
from ._masked import arccos as arccos
from ._masked import beta as beta
from ._masked import cosine as cosine
from ._masked import geometric as geometric
from ._masked import loglinear as loglinear
from ._masked import power as power
from ._minimax import MinimaxSchedule as MinimaxSchedule
from ._minimax import minimax as minimax
from ._optimal import optimal as optimal
from ._robust import RobustSchedule as RobustSchedule
from ._robust import robust as robust
from ._square_root import square_root as square_root
from ._total_correlation import dual_total_correlation as dual_total_correlation
from ._total_correlation import sweep as sweep
from ._total_correlation import total_correlation as total_correlation
from ._uniform import uniform as uniform
