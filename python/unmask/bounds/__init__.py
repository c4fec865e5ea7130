"""Bounds on what schedules cost and how long they must be, by theorem.

Functions that end in ``_kl`` bound the expected KL of a schedule, in nats; those that end in
``_steps`` or ``_calls`` bound how many steps there must be, or how many are enough. Each takes a
curve, or just the numbers of it that the theorem needs; where a bound does not apply, a
`ValueError` says why.

* Upper bounds: `worst_case_kl`, `li_cai_kl`, `largest_step_kl`, `wainwright_kl`, `worst_order_kl`;
  steps that are enough: `chen_cong_li_steps`, `austin_steps`, `wainwright_steps`.
* Lower bounds: `least_kl` and `least_steps` for a curve; `logarithmic_steps` and
  `permutation_steps` for curves that need many; `unknown_law_calls` for whoever knows nothing.
* `certificate`: all of it for one schedule, beside the exact value.
"""

from ._certificate import Bound as Bound
from ._certificate import Certificate as Certificate
from ._certificate import certificate as certificate
from ._error import largest_step_kl as largest_step_kl
from ._error import li_cai_kl as li_cai_kl
from ._error import worst_order_kl as worst_order_kl
from ._lower import least_kl as least_kl
from ._lower import least_steps as least_steps
from ._lower import logarithmic_steps as logarithmic_steps
from ._lower import permutation_steps as permutation_steps
from ._lower import unknown_law_calls as unknown_law_calls
from ._steps import austin_steps as austin_steps
from ._steps import chen_cong_li_steps as chen_cong_li_steps
from ._steps import wainwright_steps as wainwright_steps
from ._wainwright import wainwright_kl as wainwright_kl
from ._worst_case import worst_case_kl as worst_case_kl
