"""What functions are made of: the team's and Sluice's code, and a layer with the packages they import."""

from .code import code_of
from .layer import build_layer
from .target import Target, target_of

__all__ = ["Target", "build_layer", "code_of", "target_of"]
