"""The statement coach: how clear, measured, funded and dated a need or offer is, in English or Chinese.

Pure: a text in, a rating out. The patterns of both languages are tried on any text.

clear     0 neither who nor where · 1 one of them, vague · 2 one concrete or both vague · 3 both concrete
measured  0 no figure of the problem · 1 no baseline or target to read, or a change without its base · 2 one
          of them with its figure · 3 both
funded    0 nothing · 1 money, no amount or source · 2 amount or source · 3 amount with source or approval
dated     0 none · 1 vague · 2 a year or a counted period · 3 a month, quarter, season or exact end
"""

from alliances.coach.clear import clear_mark, find_clarity
from alliances.coach.dated import dated_mark, find_dates
from alliances.coach.funded import find_money, funded_mark
from alliances.coach.measured import find_measures, measured_mark
from alliances.coach.rating import Mark, Rating
from alliances.coach.text import Text, without_noise

__all__ = ["Mark", "Rating", "rate"]

# The year the register opened; a caller that knows the day passes its own.
FIRST_YEAR = 2026
# Far above the 600 characters that callers take: no text costs more than this much of it.
READ_AT_MOST = 5_000


def rate(statement: str, *, this_year: int = FIRST_YEAR) -> Rating:
    """The marks of a statement. Years before `this_year` are history, not dates to keep."""
    return _rating(Text.of(statement[:READ_AT_MOST]), this_year)


def _rating(whole: Text, this_year: int) -> Rating:
    text = without_noise(whole)
    dates = find_dates(text, this_year)
    money = find_money(text)
    rest = dates.taken_from(text).without(money.spans)
    return Rating(
        clear=clear_mark(find_clarity(rest)),
        measured=measured_mark(find_measures(rest)),
        funded=funded_mark(money),
        dated=dated_mark(dates, this_year),
    )
