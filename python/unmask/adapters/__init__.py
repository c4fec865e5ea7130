"""From a schedule to what each sampler takes.

Every function takes a `Schedule` and returns the object that one project (or family) reads its step
sizes from. Its docstring names the project, the version or date seen, and the settings under which
the theory of this package applies: positions revealed in uniformly random order, tokens drawn at
temperature 1 without nucleus or top-k cuts. Under other settings the counts are still those of the
schedule, and the expected KL is not that of the sampler. Where a project reveals each token by a
coin, counts are random, and a `BernoulliSchedule` is taken as well.

No framework is imported here. A torch tensor given is answered by a torch tensor on its device,
anything else by NumPy.

==================  =====================================  ========================================
Function            For                                    Form
==================  =====================================  ========================================
`llada`             LLaDA, Fast-dLLM, dInfer, OpenCompass  ``get_num_transfer_tokens(mask, steps)``
`dllm`              dllm                                   scheduler with ``alpha(t)``
`dream`             Dream, Fast-dLLM for Dream             timesteps in float32
`mdlm`              MDLM, SEDD, ReMDM                      noise with ``total_noise(t)``
`bd3lm`             BD3-LM                                 noise with the masked fraction
`gidd`              GIDD                                   ascending times
`maskgit`           MaskGIT                                ``schedule(ratio, total, method)``
`halton`            Halton-MaskGIT                         tokens known after each step
`block_refinement`  diffusers                              ``get_num_transfer_tokens(n, steps)``
`jys`               Jump Your Steps                        cumulative token counts
`dplm`              DPLM                                   ``rate(t, max_step)``
`serving`           vLLM dllm-plugin, SGLang               plain dictionaries, one a step
==================  =====================================  ========================================

The other way round, `Schedule.from_counts` and `Schedule.from_step_map` make a schedule of what a
sampler does today.
"""

from ._bd3lm import bd3lm as bd3lm
from ._diffusers import block_refinement as block_refinement
from ._dllm import AlphaScheduler as AlphaScheduler
from ._dllm import dllm as dllm
from ._dplm import dplm as dplm
from ._dream import dream as dream
from ._gidd import gidd as gidd
from ._jys import jys as jys
from ._llada import llada as llada
from ._maskgit import halton as halton
from ._maskgit import maskgit as maskgit
from ._mdlm import NoiseSchedule as NoiseSchedule
from ._mdlm import mdlm as mdlm
from ._serving import serving as serving
