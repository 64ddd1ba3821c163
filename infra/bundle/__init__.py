"""The code and packages that functions run: the team's and Sluice's code, and a layer with what they import."""

from .bundle import Bundle, make_bundle
from .file_modes import make_assets_readable
from .layer import build_layer
from .target import Target, target_of

__all__ = ["Bundle", "Target", "build_layer", "make_assets_readable", "make_bundle", "target_of"]
