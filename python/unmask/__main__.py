"""``python -m unmask`` is the command ``unmask``."""

from .cli import main

main()
