"""Distributions: what is known about the data.

Tokens are codes ``0 .. q_i - 1`` at position ``i``; ``alphabets`` holds the letters that a person
sees. In every query ``True`` in a mask means *masked*.
"""

from ._base import Distribution as Distribution
from ._dense import Dense as Dense
from ._empirical import Empirical as Empirical
from ._empirical import Estimator as Estimator
