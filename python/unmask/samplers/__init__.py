"""What samplers really put out, exactly: output laws, ordered partitions and planned orders.

>>> import numpy as np
>>> import unmask
>>> pair = unmask.distributions.Dense(np.array([[0.5, 0.0], [0.0, 0.5]]))
>>> law = unmask.samplers.OutputLaw(pair, np.full((2, 2), 0.25))
>>> round(law.kl, 4), law.reverse_kl, law.total_variation
(0.6931, inf, 0.5)
"""

from ._law import OutputLaw as OutputLaw
from ._policies import Custom as Custom
from ._policies import EntropyBound as EntropyBound
from ._policies import EntropySum as EntropySum
from ._policies import Factor as Factor
from ._policies import Policy as Policy
from ._policies import SampledTopK as SampledTopK
from ._policies import Threshold as Threshold
from ._policies import TopK as TopK
from ._policy_law import policy_law as policy_law
from ._simulate import Simulation as Simulation
from ._simulate import simulate as simulate
from ._speculative import Speculative as Speculative
from ._speculative import speculative_law as speculative_law
