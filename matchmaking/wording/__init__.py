"""Stored facts in the reader's words: sentences, sizes, places and sums, in the active language.

Sits beside the selectors, for mails, pages and the desk alike; reads no table and decides nothing.
"""

from matchmaking.wording.breakdown import (
    CriterionRow,
    against,
    all_rows,
    bar_widths,
    cause_label,
    criterion_label,
    criterion_rows,
    criterion_tenths,
    unknown_labels,
    unknown_words,
)
from matchmaking.wording.numbers import (
    band_of,
    counted,
    large_number,
    listed,
    score_words,
    sentence_start,
    shown_score,
)
from matchmaking.wording.places import kind_name, name_lang, other_lang, place_line, size_words
from matchmaking.wording.reasons import (
    Challenges,
    challenges,
    reason_sentence,
    told_sentence,
    topic_list,
    topic_names,
)
from matchmaking.wording.telling import Told, told, told_reasons, told_sentences

__all__ = [
    "Challenges",
    "CriterionRow",
    "Told",
    "against",
    "all_rows",
    "band_of",
    "bar_widths",
    "cause_label",
    "challenges",
    "counted",
    "criterion_label",
    "criterion_rows",
    "criterion_tenths",
    "kind_name",
    "large_number",
    "listed",
    "name_lang",
    "other_lang",
    "place_line",
    "reason_sentence",
    "score_words",
    "sentence_start",
    "shown_score",
    "size_words",
    "told",
    "told_reasons",
    "told_sentence",
    "told_sentences",
    "topic_list",
    "topic_names",
    "unknown_labels",
    "unknown_words",
]
