"""What samplers really put out, exactly: output laws, ordered partitions and planned orders.

>>> import numpy as np
>>> import unmask
>>> pair = unmask.distributions.Dense(np.array([[0.5, 0.0], [0.0, 0.5]]))
>>> law = unmask.samplers.OutputLaw(pair, np.full((2, 2), 0.25))
>>> round(law.kl, 4), law.reverse_kl, law.total_variation
(0.6931, inf, 0.5)
"""

from ._law import OutputLaw as OutputLaw
