"""Nothing that is sent is ignored or bent: strict JSON, strict types, known fields and parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from alliances.directory import spellings
from alliances.importing.problems import shown
from alliances.validators import validate_list_length, validate_no_control

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module

# Longer than any number that has a meaning here.
DIGITS = 30
# So many faults of one call are told: nobody mends more at a time.
MOST_FAULTS = 100


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"

    def __init__(self, limit: int) -> None:
        """`limit` in bytes."""
        super().__init__(_("Upload is too large (limit %(limit)s MB).") % {"limit": f"{limit / 2**20:g}"})


class JSONParser(BaseParser):
    """One JSON document in UTF-8, with finite numbers and each field once."""

    media_type = "application/json"

    @property
    def limit(self) -> int:
        """The most bytes of a body."""
        return settings.API_MAX_BYTES

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(self.limit + 1)
        if len(body) > self.limit:
            raise TooLarge(self.limit)
        try:
            found = json.loads(
                body.decode("utf-8"),
                object_pairs_hook=_each_once,
                parse_constant=_finite,
                parse_float=_finite,
                parse_int=_short,
            )
            # Half of a surrogate pair is no text: no database and no answer can carry it.
            json.dumps(found, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise ParseError(_("Request body is not valid JSON."), code="invalid_json") from error
        return found


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            text = _("Duplicate field '%(field)s'.") % {"field": shown(name)}
            raise ValidationError({shown(name): [text]}, code="duplicate_field")
        found[name] = value
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _no_number(text)
    return number


def _short(text: str) -> int:
    if len(text) > DIGITS:
        raise _no_number(text)
    return int(text)


def _no_number(text: str) -> ParseError:
    sentence = _(
        "%(value)s is no number that can be used here: numbers are finite, of at most %(digits)s digits."
    )
    return ParseError(sentence % {"value": shown(text), "digits": DIGITS}, code="invalid_number")


# --- Fields: the JSON type and no other ----------------------------------------------------------


class Text(serializers.CharField):
    """A string without control characters. What else it may not hold, the model's validators say."""

    default_error_messages = {"invalid": gettext_lazy("This must be a text in quotation marks.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # `validate_no_control` says it in the register's words.
        self.validators = [
            one for one in self.validators if type(one).__name__ != "ProhibitNullCharactersValidator"
        ]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if self.max_length is not None and len(text) > self.max_length:
            raise serializers.ValidationError(
                _("The text is too long (%(length)s characters; limit %(limit)s).")
                % {"length": f"{len(text):,}", "limit": f"{self.max_length:,}"},
                code="max_length",
            )
        validate_no_control(text)
        return text


class Listed(serializers.ListField):
    """A list of at most `max_length` items: they are counted before any of them is read."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list):
            validate_list_length(data, self.max_length or 0)
        found: list[Any] = super().to_internal_value(data)
        return found


class Whole(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Number(serializers.FloatField):
    """A number."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """True or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


# --- What is sent as a whole ---------------------------------------------------------------------


class KnownFieldsOnly(serializers.Serializer[Any]):
    """Refuses fields that it does not know, and those that cannot be changed."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown(data, self)
        return super().to_internal_value(data)


def refuse_unknown(data: Mapping[str, Any], form: serializers.Serializer[Any]) -> None:
    """Raise ValidationError for the fields of `data` that are not among the form's writable ones."""
    fields = form.fields
    refused = (name for name in data if name not in fields or fields[name].read_only)
    errors = {}
    # One more than is told: then it is told that there are more.
    for name in islice(refused, MOST_FAULTS + 1):
        text, code = _("Unknown field '%(field)s'."), "unknown_field"
        if name in fields:
            text, code = _("%(field)s cannot be changed here."), "read_only_field"
        errors[shown(name)] = [serializers.ErrorDetail(text % {"field": shown(name)}, code)]
    if errors:
        raise ValidationError(errors)


class Query(serializers.Serializer[Any]):
    """The parameters of a list. Subclasses name its filters; a parameter that is not named is refused."""

    page = serializers.IntegerField(min_value=1, default=1)
    page_size = serializers.IntegerField(min_value=1, default=50)

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        """What the request asks for. Raises ValidationError by parameter."""
        form = cls(data=request.query_params.dict())
        unknown = [name for name in request.query_params if name not in form.fields]
        if unknown:
            known = ", ".join(form.fields)
            text = _("Unknown parameter '%(name)s'.")
            if known:
                text = _("Unknown parameter '%(name)s'. Use %(known)s.")
            raise ValidationError(
                {shown(name): [text % {"name": shown(name), "known": known}] for name in unknown},
                code="unknown_parameter",
            )
        repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
        if repeated:
            text = _("Send parameter '%(name)s' once.")
            raise ValidationError(
                {name: [text % {"name": name}] for name in repeated}, code="duplicate_parameter"
            )
        form.is_valid(raise_exception=True)
        found: dict[str, Any] = form.validated_data
        return found


class Ordering(serializers.ChoiceField):
    """One of these names, or with - before it the other way round."""

    def __init__(self, *names: str, default: str = "") -> None:
        words = [sign + name for name in names for sign in ("", "-")]
        super().__init__(choices=words, default=default or names[0])


def sorted_by(word: str) -> tuple[str, str]:
    """The sign and the name of an ordering."""
    name = word.removeprefix("-")
    return word[: len(word) - len(name)], name


class Search(serializers.CharField):
    """Words of a name in either script."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=100, validators=[_has_letters])


def _has_letters(text: str) -> None:
    if not spellings(text):
        sentence = _("“%(value)s” cannot be searched for. Type a name, or a part of one, in letters.")
        raise serializers.ValidationError(sentence % {"value": shown(text)})


class Pages(PageNumberPagination):
    """Pages of 50 rows, or of as many as is asked for up to 200."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound:
            text = _("There is no page %(page)s.") % {"page": shown(request.query_params.get("page", ""))}
            raise ValidationError({"page": [text]}, code="no_such_page") from None
