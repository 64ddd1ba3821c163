"""`python -m sluice.cli`."""

from .program import main

main()
