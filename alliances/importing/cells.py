"""Reading one cell: text in, a typed value out, or a ValidationError that says what to write instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from alliances.importing.problems import nearest, shown
from alliances.importing.table import MAX_CELL
from alliances.validators import (
    one_email,
    validate_code,
    validate_list_item,
    validate_list_length,
    validate_plain_name,
)

DEFAULT_LEVEL = 2
_validate_website = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class CellContext:
    """What a cell is read against: the marks between items, and the words the register knows."""

    separators: str
    topics: tuple[str, ...]
    agencies: tuple[str, ...]


Reader = Callable[[str, CellContext], object]


def items(cell: str, separators: str) -> list[str]:
    """The items of a cell in their order, blanks and repetitions left out."""
    parts = (part.strip() for part in re.split(f"[{re.escape(separators)}]", cell))
    return list(dict.fromkeys(part for part in parts if part))


def from_json(value: object, mark: str) -> str:
    """A value of a JSON document as the cell that it would be in a file."""
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if value is None:
        return ""
    if isinstance(value, bool) or not (is_list or isinstance(value, str | int | float)):
        raise ValidationError(_("Give a text, a number, a list of texts, or null for none."))
    if isinstance(value, list):
        if any(mark in item for item in value):
            raise ValidationError(
                _("An item of a list cannot hold the mark %(mark)s."), params={"mark": mark}
            )
        value = mark.join(value)
    cell = str(value)
    _check_length(cell, MAX_CELL)
    return cell


def text(limit: int, *validators: Callable[[str], None]) -> Reader:
    """Free text of at most `limit` characters."""

    def read(cell: str, context: CellContext) -> str:
        _check_length(cell, limit)
        for validate in validators:
            validate(cell)
        return cell

    return read


def one_of(choices: type[TextChoices], *, required: bool = False) -> Reader:
    """A word of a vocabulary; blank is none stated."""

    def read(cell: str, context: CellContext) -> str:
        if not cell and required:
            raise ValidationError(
                _("This cell must be filled: %(options)s."), params=_options(choices.values)
            )
        if cell:
            _check_known(cell, choices.values)
        return cell

    return read


def set_of(choices: type[TextChoices]) -> Reader:
    """Words of a vocabulary, kept in the vocabulary's order."""

    def read(cell: str, context: CellContext) -> list[str]:
        given = items(cell, context.separators)
        _check_each(given, lambda word: _check_known(word, choices.values))
        return [value for value in choices.values if value in given]

    return read


def whole_number(minimum: int, maximum: int, default: int | None) -> Reader:
    """A whole number in ASCII digits without separators."""

    def read(cell: str, context: CellContext) -> int | None:
        if not cell:
            return default
        if not re.fullmatch(r"[0-9]{1,12}", cell) or not minimum <= int(cell) <= maximum:
            raise ValidationError(
                _("Write a whole number from %(minimum)s to %(maximum)s, digits only."),
                params={"minimum": minimum, "maximum": maximum},
            )
        return int(cell)

    return read


def degrees(limit: int) -> Reader:
    """Decimal degrees from -limit to limit."""

    def read(cell: str, context: CellContext) -> float | None:
        if not cell:
            return None
        valid = re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{1,30})?([eE]-[0-9]{1,3})?", cell)
        number = float(cell) if valid else math.nan
        if not abs(number) <= limit:
            raise ValidationError(
                _("Write decimal degrees from -%(limit)s to %(limit)s, like -97.34."), params={"limit": limit}
            )
        return number

    return read


def aliases(limit: int, most: int) -> Reader:
    """At most so many names on one line each."""

    def check(name: str) -> None:
        _check_length(name, limit)
        validate_plain_name(name)
        validate_list_item(name)

    def read(cell: str, context: CellContext) -> list[str]:
        names = items(cell, context.separators)
        validate_list_length(names, most)
        _check_each(names, check)
        return names

    return read


def levels(cell: str, context: CellContext) -> dict[str, int]:
    """`topic[:level]` items as {topic: level}; a level is 1, 2 or 3, without one it is 2."""
    found: dict[str, int] = {}

    def read_one(item: str) -> None:
        topic, colon, level = (part.strip() for part in item.partition(":"))
        if topic not in context.topics:
            guess = nearest(topic, context.topics)
            message = (
                _("Topic '%(topic)s' is not known. Did you mean '%(guess)s'?")
                if guess
                else _("Topic '%(topic)s' is not known. Use the topic list's slugs.")
            )
            raise ValidationError(message, params={"topic": shown(topic), "guess": guess})
        if colon and level not in ("1", "2", "3"):
            raise ValidationError(
                _("Level '%(level)s' of topic '%(topic)s' is not 1, 2 or 3."),
                params={"level": shown(level), "topic": topic},
            )
        if topic in found:
            raise ValidationError(_("Topic '%(topic)s' stands there twice."), params={"topic": topic})
        found[topic] = int(level or DEFAULT_LEVEL)

    _check_each(items(cell, context.separators), read_one)
    return found


def agencies(cell: str, context: CellContext) -> tuple[str, ...]:
    """Slugs of agencies."""
    slugs = items(cell, context.separators)
    _check_each(slugs, lambda slug: _check_known(slug, context.agencies))
    return tuple(slugs)


def codes(cell: str, context: CellContext) -> tuple[str, ...]:
    """Codes of organizations; whether these exist is the whole file's matter."""
    found = items(cell, context.separators)
    _check_each(found, validate_code)
    return tuple(found)


def code(cell: str, context: CellContext) -> str:
    """The organization's own code."""
    if not cell:
        raise ValidationError(_("This cell must be filled."))
    _check_length(cell, 40)
    validate_code(cell)
    return cell


def website(cell: str, context: CellContext) -> str:
    """A web address; no other scheme enters the register."""
    _check_length(cell, 300)
    if cell:
        if not re.match(r"https?://", cell, re.IGNORECASE):
            raise ValidationError(_("Website must start with http:// or https://."))
        try:
            _validate_website(cell)
        except ValidationError:
            raise ValidationError(_("This is not a complete web address.")) from None
    return cell


def email(cell: str, context: CellContext) -> str:
    """One email address or none."""
    return one_email(cell) if cell else ""


def _check_length(cell: str, limit: int) -> None:
    if len(cell) > limit:
        raise ValidationError(
            _("The text is too long (%(length)s characters; limit %(limit)s)."),
            params={"length": f"{len(cell):,}", "limit": f"{limit:,}"},
        )


def _check_known(word: str, known: Sequence[str]) -> None:
    if word in known:
        return
    guess = nearest(word, tuple(known))
    if guess:
        raise ValidationError(
            _("'%(word)s' is not known here. Did you mean '%(guess)s'?"),
            params={"word": shown(word), "guess": guess},
        )
    if len(known) <= 25:
        params = {"word": shown(word), **_options(known)}
        raise ValidationError(_("'%(word)s' is not known here. Use %(options)s."), params=params)
    raise ValidationError(_("'%(word)s' is not known here."), params={"word": shown(word)})


def _check_each(words: Collection[str], check: Callable[[str], object]) -> None:
    """Check all items and raise every fault, not the first alone."""
    faults: list[ValidationError] = []
    for word in words:
        try:
            check(word)
        except ValidationError as error:
            faults.append(error)
    if faults:
        raise ValidationError(faults)


def _options(values: Sequence[str]) -> dict[str, object]:
    return {"options": ", ".join(values)}
