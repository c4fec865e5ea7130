"""Settings of all tests."""

import os

from hypothesis import settings

# Examples take as long as the machine lets them.
settings.register_profile("unmask", deadline=None, print_blob=True)
# The gate tries the same examples each time: a run is red for what changed, not for its luck.
settings.register_profile("gate", settings.get_profile("unmask"), derandomize=True)
# A search for failures: `HYPOTHESIS_PROFILE=search pytest`, as long and as often as one likes.
settings.register_profile("search", settings.get_profile("unmask"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unmask"))
