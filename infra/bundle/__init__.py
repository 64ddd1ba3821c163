"""The code and packages that functions run: the team's and Sluice's code, and a layer with what they import."""

from .bundle import Bundle, finish_assets, make_bundle
from .layer import build_layer
from .target import Target, target_of

__all__ = ["Bundle", "Target", "build_layer", "finish_assets", "make_bundle", "target_of"]
