"""Policies: which masked tokens a sampler reveals, judged by their marginals.

A policy is asked for a batch of states at once and knows nothing about where the marginals come
from: the same object drives the exact law and the simulation. Scores and limits are compared in
whole multiples of 2^-40, so that rounding in the last digits makes no tie and breaks none; ties go
to the lower position. Scores are those of the marginals as the model gives them; `temperature`
changes only what is drawn.
"""

from ._custom import Custom as Custom
from ._custom import as_policy as as_policy
from ._entropy_bound import EntropyBound as EntropyBound
from ._entropy_sum import EntropySum as EntropySum
from ._factor import Factor as Factor
from ._fixed_order import FixedOrder as FixedOrder
from ._policy import DeterministicPolicy as DeterministicPolicy
from ._policy import Policy as Policy
from ._sampled_top_k import SampledTopK as SampledTopK
from ._threshold import Threshold as Threshold
from ._top_k import TopK as TopK
