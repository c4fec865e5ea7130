"""Settings of all tests."""

from hypothesis import settings

# Examples take as long as the machine lets them.
settings.register_profile("unmask", deadline=None, print_blob=True)
settings.load_profile("unmask")
