"""From a trained masked model to its cross-entropy curve and its best schedule.

`estimate_curve` asks a model about a few hundred masked sequences; `CurveAccumulator` gathers
losses in an evaluation loop, or from a log. Nothing but numpy is needed: tensors of other
frameworks are reduced where they are.

>>> from unmask import schedules
>>> gathered = CurveAccumulator(4)
>>> gathered.update_losses([0, 1, 2, 3], [1.1, 0.5, 0.4, 0.4])
>>> schedules.optimal(gathered.curve(), steps=2)
Schedule([1, 3])
"""

from ._accumulator import CurveAccumulator as CurveAccumulator
from ._blocks import BlockCurves as BlockCurves
from ._calibration import Calibration as Calibration
from ._calibration import Rise as Rise
from ._calibration import calibration as calibration
from ._calibration import rises as rises
from ._consistency import OrderInconsistency as OrderInconsistency
from ._consistency import order_inconsistency as order_inconsistency
from ._estimate import EstimationInterrupted as EstimationInterrupted
from ._estimate import estimate_curve as estimate_curve
from ._gain import Gain as Gain
from ._gain import gain as gain
from ._log import read_losses as read_losses
from ._recommend import Recommendation as Recommendation
from ._recommend import recommend as recommend
