r"""Why nobody can choose a schedule without knowing something of the data.

Let the law be either uniform on all of :math:`F_q^n`, or uniform on a random shift of a
Reed-Solomon code of dimension ``k``. Any ``k`` tokens are uniform and determine the rest: the
information curve is a cliff, :math:`Z_j = \log q \, 1[j > k]`, and whoever knows ``k`` samples in
two steps. Whoever does not sees uniform answers up to the cliff, and beyond it as well, because
evidence made up without the code is impossible and a model answers it as if nothing were wrong.
One call looks at one place. So a sampler that makes few calls misses the cliff, and what it puts
out is no word of the code (Chen, Cong and Li, arXiv 2511.04647, prove it for fewer than about
``n / 32`` calls).

`play` measures this for any sampler, `demonstrate` for those at hand, and `least_failure` says what
none can beat. `planted` puts the cliff on top of any other law.

>>> game = play(two_steps, n=16, q=17, budget=2, trials=30, seed=0, informed=True)
>>> game.failure_rate
0.0
>>> play(uniform_steps, n=16, q=17, budget=2, trials=30, seed=0).failure_rate > 0.8
True
"""

from ._demonstration import Demonstration as Demonstration
from ._demonstration import demonstrate as demonstrate
from ._game import Game as Game
from ._game import least_failure as least_failure
from ._game import play as play
from ._oracle import BudgetError as BudgetError
from ._oracle import Oracle as Oracle
from ._planted import planted as planted
from ._planted import planted_curve as planted_curve
from ._players import adaptive_probing as adaptive_probing
from ._players import doubling_guess as doubling_guess
from ._players import two_steps as two_steps
from ._players import uniform_steps as uniform_steps
