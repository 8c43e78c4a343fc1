"""Cells that a spreadsheet could run as a formula: what is put in front of them, and how it comes off."""

from __future__ import annotations

import re

# A cell is dangerous when a spreadsheet may take it for a formula or a command: such a sign first, also
# behind spaces and marks that spreadsheets skip, or a control character first. Apostrophes in front do not
# count, which is what makes taking off exactly one of them the exact inverse of putting one on.
_DANGEROUS = re.compile("'*(?:[\\s\ufeff\u200b]*[=+\\-@|%＝＋－＠]|[\t\r\n\0])")


def neutralize(cell: str) -> str:
    """The cell as it may stand in a file that a spreadsheet opens. `restore` is its exact inverse."""
    return "'" + cell if _DANGEROUS.match(cell) else cell


def restore(cell: str) -> str:
    """The cell as it was before `neutralize`; an apostrophe that belongs to the text stays."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell, 1) else cell
