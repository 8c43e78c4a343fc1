"""The snapshot of a run: all that ranking and explaining need, rounded, checked and stored as bytes."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matchmaking.engine.names import CAUSES, ENGINE_VERSION
from matchmaking.engine.policy import Policy
from matchmaking.engine.profiles import Constraints, Profile, Topic, UnorderedPair
from matchmaking.engine.sides import ARRAYS, Bools, Floats, Scale, Side, make_side, on_grid
from matchmaking.engine.validation import check_profiles, check_topics

_MAGIC: Final = b"snapshot 1\n"
_PAIR_ARRAYS: Final = ("pair_us", "pair_cn", "pair_cause", "barred_us", "barred_cn")


class SnapshotError(ValueError):
    """Bytes that are no snapshot this engine can read."""


@dataclass(frozen=True)
class Snapshot:
    """Both sides in code order (as bytes), and what forbids single pairs.

    `us_codes[r]` belongs to row r of `us`, `cn_codes[c]` to row c of `cn`. The pair arrays name forbidden
    pairs by row of each side, sorted, with the first cause (index of `CAUSES`) that forbids them. Line g of
    `barred_us` and `barred_cn`, shape (groups, rows), marks the rows that jurisdiction keeps apart.
    """

    us: Side
    cn: Side
    us_codes: tuple[str, ...]
    cn_codes: tuple[str, ...]
    pair_us: npt.NDArray[np.int32]
    pair_cn: npt.NDArray[np.int32]
    pair_cause: npt.NDArray[np.uint8]
    barred_us: Bools
    barred_cn: Bools
    scale: Scale
    as_of: date
    engine_version: str

    @property
    def policy(self) -> Policy:
        return self.scale.policy

    @property
    def idf(self) -> dict[str, float]:
        """The weight of each topic in shared challenges, as `build_snapshot` takes it again."""
        return dict(zip(self.scale.topics, self.scale.idf.tolist(), strict=True))

    @property
    def pairs(self) -> int:
        """US x CN: what a full run counts."""
        return len(self.us) * len(self.cn)

    @cached_property
    def codes(self) -> dict[int, str]:
        """Organization id to code, both countries."""
        ids = [*self.us.id.tolist(), *self.cn.id.tolist()]
        return dict(zip(ids, self.us_codes + self.cn_codes, strict=True))

    @cached_property
    def _rows(self) -> dict[int, tuple[str, int]]:
        return {
            number: (country, row)
            for country, side in (("US", self.us), ("CN", self.cn))
            for row, number in enumerate(side.id.tolist())
        }

    def locate(self, organization_id: int) -> tuple[str, int]:
        """The country of an organization and its row there. Raises KeyError for an id not in the snapshot."""
        return self._rows[organization_id]

    def to_parts(self) -> tuple[bytes, dict[str, npt.NDArray[Any]]]:
        """All there is to know: a line of JSON, and arrays, little-endian, in C order."""
        arrays = {f"us.{name}": getattr(self.us, name) for name in ARRAYS}
        arrays |= {f"cn.{name}": getattr(self.cn, name) for name in ARRAYS}
        arrays |= {name: getattr(self, name) for name in _PAIR_ARRAYS} | {"idf": self.scale.idf}
        little = {name: _little(array) for name, array in arrays.items()}
        header = {
            "engine_version": self.engine_version,
            "as_of": self.as_of.isoformat(),
            "policy": self.policy.to_dict(),
            "topics": self.scale.topics,
            "areas": self.scale.areas,
            "us_codes": self.us_codes,
            "cn_codes": self.cn_codes,
            "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in little.items()],
        }
        head = json.dumps(header, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
        return head, little

    def _content(self) -> Iterator[bytes | memoryview]:
        head, arrays = self.to_parts()
        yield _MAGIC + head + b"\n"
        for array in arrays.values():
            yield array.reshape(-1).view(np.uint8).data

    def to_bytes(self) -> bytes:
        """The snapshot as compressed bytes: a line of JSON, then the arrays."""
        packing = zlib.compressobj(6)
        return b"".join([*map(packing.compress, self._content()), packing.flush()])

    def digest(self) -> str:
        """SHA-256 of the uncompressed content, as hexadecimal: equal input, equal digest."""
        digest = hashlib.sha256()
        for part in self._content():
            digest.update(part)
        return digest.hexdigest()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Snapshot:
        """What `to_bytes` wrote. Raises `SnapshotError` for anything else, another engine version too."""
        content = _unpacked(stored)
        if not content.startswith(_MAGIC):
            raise SnapshotError("these bytes are not a stored snapshot")
        end = content.index(b"\n", len(_MAGIC))
        header = _read_header(content[len(_MAGIC) : end])
        return cls._made(header, _stored_arrays(memoryview(content)[end + 1 :], header["arrays"]))

    @classmethod
    def from_parts(cls, head: bytes, arrays: Mapping[str, npt.NDArray[Any]]) -> Snapshot:
        """What `to_parts` gave, on these very arrays. Raises `SnapshotError` for another engine version.

        Whether they are those of a certain snapshot, its digest tells.
        """
        return cls._made(_read_header(head), {name: _native(array) for name, array in arrays.items()})

    @classmethod
    def _made(cls, header: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Snapshot:
        for side in ("us", "cn"):
            # Snapshots from before there were jurisdiction rules have none of these.
            arrays.setdefault(f"barred_{side}", np.zeros((0, len(header[f"{side}_codes"])), np.bool_))
        scale = Scale(
            topics=tuple(header["topics"]),
            areas=tuple(header["areas"]),
            idf=arrays["idf"],
            policy=Policy.from_dict(header["policy"]),
        )
        us, cn = (
            Side(**{name: arrays[f"{country}.{name}"] for name in ARRAYS}, scale=scale)
            for country in ("us", "cn")
        )
        return cls(
            us=us,
            cn=cn,
            us_codes=tuple(header["us_codes"]),
            cn_codes=tuple(header["cn_codes"]),
            **{name: arrays[name] for name in _PAIR_ARRAYS},
            scale=scale,
            as_of=date.fromisoformat(header["as_of"]),
            engine_version=header["engine_version"],
        )


def _read_header(head: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(head)
    if header["engine_version"] != ENGINE_VERSION:
        raise SnapshotError(f"made by engine {header['engine_version']}, this is {ENGINE_VERSION}")
    return header


def stored_digest(stored: bytes) -> str:
    """The digest that a snapshot had when `to_bytes` wrote it, whichever engine reads it now.

    Raises `SnapshotError` for bytes that are none.
    """
    return hashlib.sha256(_unpacked(stored)).hexdigest()


def _unpacked(stored: bytes) -> bytes:
    try:
        return zlib.decompress(stored)
    except zlib.error as error:
        raise SnapshotError("these bytes are not a stored snapshot") from error


def _stored_arrays(
    content: memoryview, listed: Sequence[tuple[str, str, list[int]]]
) -> dict[str, npt.NDArray[Any]]:
    """Copies of the listed arrays (name, type, shape), which follow one another without a gap."""
    sizes = [math.prod(shape) * np.dtype(kind).itemsize for _, kind, shape in listed]
    if sum(sizes) != len(content):
        raise SnapshotError("the stored snapshot is not as long as its arrays")
    arrays: dict[str, npt.NDArray[Any]] = {}
    offset = 0
    for (name, kind, shape), size in zip(listed, sizes, strict=True):
        array: npt.NDArray[Any] = np.ndarray(shape, kind, buffer=content, offset=offset)
        arrays[name] = array.astype(array.dtype.newbyteorder("="))
        offset += size
    return arrays


def _native(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _little(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def build_snapshot(
    profiles: Iterable[Profile],
    *,
    topics: Sequence[Topic],
    constraints: Constraints | None = None,
    policy: Policy,
    as_of: date,
    idf: Mapping[str, float] | None = None,
    engine_version: str = ENGINE_VERSION,
) -> Snapshot:
    """Check and encode the profiles of both countries, approved or not, in any order.

    `idf` is that of an earlier full run (`Snapshot.idf`) when its lists are amended; by default it is taken
    from these profiles: idf[t] = ln(1 + M / (1 + df[t])), M approved organizations with a need or an offer,
    df[t] those with one in topic t, both countries. Raises `ProfileError` for a profile that cannot be scored
    and ValueError for topics stated twice.
    """
    constraints = constraints or Constraints()
    slugs = check_topics(topics)
    ordered = sorted(profiles, key=lambda profile: profile.code.encode())
    check_profiles(ordered, topics=frozenset(slugs))
    weights = inverse_frequencies(ordered, slugs) if idf is None else _given_idf(idf, slugs)
    scale = Scale(topics=slugs, areas=tuple(topic.area for topic in topics), idf=weights, policy=policy)
    by_country = {country: [p for p in ordered if p.country == country] for country in ("US", "CN")}
    us, cn = (
        make_side(by_country[country], scale=scale, screened=constraints.screening)
        for country in ("US", "CN")
    )
    rows, columns, causes = _forbidden_pairs(constraints, us, cn)
    return Snapshot(
        us=us,
        cn=cn,
        us_codes=tuple(profile.code for profile in by_country["US"]),
        cn_codes=tuple(profile.code for profile in by_country["CN"]),
        pair_us=rows,
        pair_cn=columns,
        pair_cause=causes,
        barred_us=marked(us, [left for left, _right in constraints.jurisdiction]),
        barred_cn=marked(cn, [right for _left, right in constraints.jurisdiction]),
        scale=scale,
        as_of=as_of,
        engine_version=engine_version,
    )


def inverse_frequencies(profiles: Sequence[Profile], topics: Sequence[str]) -> Floats:
    """idf of each topic, on the grid, shape (topics,)."""
    stated = [set(p.needs) | set(p.offers) for p in profiles if p.approved]
    stating = sum(1 for slugs in stated if slugs)
    frequency = {slug: sum(1 for slugs in stated if slug in slugs) for slug in topics}
    return np.array([on_grid(math.log(1 + stating / (1 + frequency[slug]))) for slug in topics], dtype=float)


def _given_idf(idf: Mapping[str, float], topics: Sequence[str]) -> Floats:
    missing = [slug for slug in topics if slug not in idf]
    if missing:
        raise ValueError(f"no idf is given for {', '.join(missing)}")
    return np.array([idf[slug] for slug in topics], dtype=np.float64)


def first_causes(
    constraints: Constraints, american: Container[int], chinese: Container[int]
) -> dict[tuple[int, int], int]:
    """The first cause (index of `CAUSES`) that forbids each named pair, by American and Chinese id."""
    by_cause: dict[str, frozenset[UnorderedPair]] = {
        "exclusion": constraints.exclusions,
        "open_introduction": constraints.introductions,
        "declined": constraints.declines,
        "deferred": constraints.laters,
    }
    first: dict[tuple[int, int], int] = {}
    for cause, pairs in by_cause.items():
        number = CAUSES.index(cause)
        for one, other in pairs:
            for left, right in ((one, other), (other, one)):
                if left in american and right in chinese:
                    first[left, right] = min(number, first.get((left, right), number))
    return first


def _forbidden_pairs(
    constraints: Constraints, us: Side, cn: Side
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    row = {number: index for index, number in enumerate(us.id.tolist())}
    column = {number: index for index, number in enumerate(cn.id.tolist())}
    causes = first_causes(constraints, row, column)
    entries = sorted((row[one], column[other], cause) for (one, other), cause in causes.items())
    rows, columns, numbers = zip(*entries, strict=True) if entries else ((), (), ())
    return np.array(rows, np.int32), np.array(columns, np.int32), np.array(numbers, np.uint8)


def marked(side: Side, groups: Sequence[frozenset[int]]) -> Bools:
    """Which rows of a side each group names, shape (groups, rows)."""
    marks = [np.isin(side.id, np.fromiter(group, np.int64, len(group))) for group in groups]
    return np.array(marks, np.bool_).reshape(len(groups), len(side))
