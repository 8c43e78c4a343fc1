"""The compiled search: every pair in float32, every list proved in float64. For registers of thousands."""

from matchmaking.engine.kernel.allpairs import around, scorer, search
from matchmaking.engine.lists import Method

METHOD = Method(search, around, scorer)

__all__ = ["METHOD", "around", "scorer", "search"]
