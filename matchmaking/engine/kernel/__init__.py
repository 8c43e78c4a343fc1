"""The compiled search: every pair in float32, every list proved in float64. For registers of thousands."""

from matchmaking.engine.kernel.allpairs import scorer, search
from matchmaking.engine.lists import Method

METHOD = Method(search, scorer)

__all__ = ["METHOD", "scorer", "search"]
