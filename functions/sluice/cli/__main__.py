"""`python -m sluice.cli`."""

from .main import main

main()
