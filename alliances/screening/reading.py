"""One way to read a name, as all of the screening hands it on."""

from __future__ import annotations

from typing import NamedTuple

# Words that may be written as one: "Gazprom Bank", "Hai Kang Wei Shi".
MOST_RUN_TOGETHER = 4


class Reading(NamedTuple):
    """One way to read a name: its Latin words, or the pieces of a Chinese name.

    `derived` is Latin that was made of Chinese characters, in pinyin or translated. `run_on` is a name of
    several words as one, for those who lost its spaces.
    """

    words: tuple[str, ...]
    is_han: bool = False
    derived: bool = False
    run_on: bool = False

    @property
    def joined(self) -> str:
        return "".join(self.words)
