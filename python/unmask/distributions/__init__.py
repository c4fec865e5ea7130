"""Distributions: what is known about the data.

Tokens are codes ``0 .. q_i - 1`` at position ``i``; ``alphabets`` holds the letters that a person
sees. In every query ``True`` in a mask means *masked*.
"""

from ._base import Distribution as Distribution
from ._bayesian_network import BayesianNetwork as BayesianNetwork
from ._blocks import Blocks as Blocks
from ._dense import Dense as Dense
from ._empirical import Empirical as Empirical
from ._empirical import Estimator as Estimator
from ._exchangeable import Exchangeable as Exchangeable
from ._hard_curve import HardCurve as HardCurve
from ._hidden_markov import HiddenMarkov as HiddenMarkov
from ._ising import Ising as Ising
from ._linear_code import LinearCode as LinearCode
from ._linear_code import random_linear_code as random_linear_code
from ._markov import MarkovChain as MarkovChain
from ._mixture import Mixture as Mixture
from ._paired import Paired as Paired
from ._permutation import Permutation as Permutation
from ._product import Product as Product
from ._reed_solomon import ReedSolomon as ReedSolomon
from ._repeated import Repeated as Repeated
from ._zero_sum import ZeroSum as ZeroSum
