"""Pictures of curves, schedules, frontiers and bounds, drawn by matplotlib.

Every function draws on the axes given, or on a new figure, and returns the axes; `compare` puts
all of it on one figure. Matplotlib is imported when something is drawn: ``pip install
'unmask[plot]'``. Entropies and divergences are in nats. Lines differ in dash and marker, not only
in colour, so that they can be told apart in grey. Legends stand below their axes, and figures that
have no layout of their own are given matplotlib's constrained layout, so that nothing is cut.
"""

from ._bounds import bounds as bounds
from ._compare import compare as compare
from ._curve import curve as curve
from ._frontier import frontier as frontier
from ._leaderboard import leaderboard as leaderboard
from ._rules import rules as rules
from ._schedule import schedule as schedule
from ._staircase import staircase as staircase
