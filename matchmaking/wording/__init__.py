"""Stored facts in the reader's words: sentences, sizes, places and sums, in the active language.

Sits beside the selectors, for mails, pages and the desk alike; reads no table and decides nothing.
"""

from matchmaking.wording.breakdown import (
    CriterionRow,
    cause_label,
    criterion_label,
    criterion_rows,
    unknown_labels,
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
from matchmaking.wording.places import kind_name, place_line, region_name, size_words
from matchmaking.wording.reasons import (
    reason_sentence,
    told_reasons,
    told_sentence,
    told_sentences,
    topic_list,
    topic_names,
)

__all__ = [
    "CriterionRow",
    "band_of",
    "cause_label",
    "counted",
    "criterion_label",
    "criterion_rows",
    "kind_name",
    "large_number",
    "listed",
    "place_line",
    "reason_sentence",
    "region_name",
    "score_words",
    "sentence_start",
    "shown_score",
    "size_words",
    "told_reasons",
    "told_sentence",
    "told_sentences",
    "topic_list",
    "topic_names",
    "unknown_labels",
]
