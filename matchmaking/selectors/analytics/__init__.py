"""What the desk's figures say: how far organizations come, who answers, what nobody offers, who is shown.

Each function reads in a fixed number of queries, however large the register. What is recommended is what was
released and not taken back since; a pair that was recommended twice counts once.
"""

from matchmaking.selectors.analytics.answering import RIPE_AFTER, Answering, Rates, answer_rates
from matchmaking.selectors.analytics.exposure import Places, Shown, ShownEvenly, exposure, places
from matchmaking.selectors.analytics.funnel import funnel
from matchmaking.selectors.analytics.scope import FEWEST, Rate, Scope
from matchmaking.selectors.analytics.stated import LEVELS, StatedTopic, StatedTopics, stated_topics

__all__ = [
    "FEWEST",
    "LEVELS",
    "RIPE_AFTER",
    "Answering",
    "Places",
    "Rate",
    "Rates",
    "Scope",
    "Shown",
    "ShownEvenly",
    "StatedTopic",
    "StatedTopics",
    "answer_rates",
    "exposure",
    "funnel",
    "places",
    "stated_topics",
]
