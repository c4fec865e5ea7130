"""What samplers really put out, exactly: output laws, ordered partitions and planned orders.

The expected KL of a schedule is an average over random orders. Here is what stands behind it:

* `mixture_law`, `mixture_kl`: the law that the random-order sampler really puts out.
* `partition_kl`, `random_partition_kl`: one fixed order, and how much random ones differ.
* `planned_partition`, `planned_frontier`, `bisection_partition`: the best order, and the price of a
  random one.
* `policy_law`, `speculative_law`: samplers that choose positions by confidence, or verify drafts.
* `simulate`: any of them, at any length; `audit`: is that the law that was claimed?
* `leaderboard`: all of them side by side.

>>> import unmask
>>> chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
>>> schedule = unmask.Schedule([1, 2, 3])
>>> round(unmask.information_curve(chain).expected_kl(schedule), 4)
0.2213
>>> round(unmask.samplers.mixture_kl(chain, schedule), 4)
0.0629
>>> unmask.samplers.planned_partition(chain, steps=3).kl
0.0
"""

from ._audit import Audit as Audit
from ._audit import AuditTest as AuditTest
from ._audit import audit as audit
from ._bisection import bisection_partition as bisection_partition
from ._board import Entry as Entry
from ._board import Leaderboard as Leaderboard
from ._estimate import Estimate as Estimate
from ._law import OutputLaw as OutputLaw
from ._leaderboard import leaderboard as leaderboard
from ._mixture import mixture_kl as mixture_kl
from ._mixture import mixture_law as mixture_law
from ._partition import PartitionKL as PartitionKL
from ._partition import partition_kl as partition_kl
from ._partition import random_partition_kl as random_partition_kl
from ._planned import PlannedFrontier as PlannedFrontier
from ._planned import PlannedPartition as PlannedPartition
from ._planned import planned_frontier as planned_frontier
from ._planned import planned_partition as planned_partition
from ._policies import Custom as Custom
from ._policies import EntropyBound as EntropyBound
from ._policies import EntropySum as EntropySum
from ._policies import Factor as Factor
from ._policies import FixedOrder as FixedOrder
from ._policies import Policy as Policy
from ._policies import SampledTopK as SampledTopK
from ._policies import Threshold as Threshold
from ._policies import TopK as TopK
from ._policy_law import policy_law as policy_law
from ._simulate import Simulation as Simulation
from ._simulate import simulate as simulate
from ._speculative import Speculative as Speculative
from ._speculative import speculative_law as speculative_law
