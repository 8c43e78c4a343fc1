"""What became different of a register since its snapshot: little to store, and as good as a new one."""

from __future__ import annotations

import json
import zlib
from bisect import bisect
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchmaking.engine.profiles import Constraints, Profile
from matchmaking.engine.ranking import rows_of
from matchmaking.engine.sides import ARRAYS, Bools, Side
from matchmaking.engine.snapshot import Snapshot, SnapshotError, build_snapshot, first_causes, marked


class OutgrownError(ValueError):
    """More than organizations became different: the rules, the topics, the day, or who is kept apart."""


class _Country(NamedTuple):
    """One side of a snapshot, with what the snapshot keeps of it beside its arrays."""

    side: Side
    codes: tuple[str, ...]
    barred: Bools


@dataclass(frozen=True)
class Changes:
    """Some organizations of a register as they are now, under the rules, idf and day of an earlier snapshot.

    `rows` holds those that are there, `gone` the ids of those that are no more. `forbidden` are all forbidden
    pairs that one of them is in: American id, Chinese id and cause (index of `CAUSES`), shape (pairs, 3).
    """

    rows: Snapshot
    gone: tuple[int, ...]
    forbidden: npt.NDArray[np.int64]

    @property
    def ids(self) -> list[int]:
        """Whom it is about."""
        return sorted([*self.rows.codes, *self.gone])

    def to_bytes(self) -> bytes:
        """Compressed: a line of JSON, then the rows as a snapshot is stored."""
        head = json.dumps({"gone": self.gone, "forbidden": self.forbidden.tolist()}, separators=(",", ":"))
        return zlib.compress(head.encode() + b"\n" + self.rows.to_bytes(), 1)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Changes:
        """What `to_bytes` wrote. Raises `SnapshotError` for anything else, another engine version too."""
        try:
            head, _line, rows = zlib.decompress(stored).partition(b"\n")
            found = json.loads(head)
            forbidden = np.array(found["forbidden"], np.int64).reshape(-1, 3)
            gone = tuple(found["gone"])
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise SnapshotError("these bytes are no stored changes") from error
        return cls(Snapshot.from_bytes(rows), gone, forbidden)

    def laid_over(self, base: Snapshot) -> Snapshot:
        """The snapshot of the register as it is now, where nothing but this has changed since `base`.

        Raises `OutgrownError` where the two do not belong together: other rules, topics, idf, day or engine,
        or another number of groups that jurisdiction keeps apart.
        """
        if _frame(self.rows) != _frame(base):
            raise OutgrownError("these changes do not belong to this snapshot")
        about = np.array(self.ids, np.int64)
        us, cn = (
            _laid(new, before, about)
            for new, before in zip(_countries(self.rows), _countries(base), strict=True)
        )
        standing = _forbidden_ids(base)
        standing = standing[~np.isin(standing[:, :2], about).any(axis=1)]
        forbidden = np.concatenate([standing, self.forbidden])
        known = np.isin(forbidden[:, 0], us.side.id) & np.isin(forbidden[:, 1], cn.side.id)
        american, chinese, causes = forbidden[known].T
        rows, columns = rows_of(us.side, american), rows_of(cn.side, chinese)
        order = np.lexsort((columns, rows))
        return replace(
            base,
            us=us.side,
            cn=cn.side,
            us_codes=us.codes,
            cn_codes=cn.codes,
            pair_us=rows[order].astype(np.int32),
            pair_cn=columns[order].astype(np.int32),
            pair_cause=causes[order].astype(np.uint8),
            barred_us=us.barred,
            barred_cn=cn.barred,
        )

    def since(self, base: Snapshot) -> Changes:
        """Without those who are now as they were in `base`: to scoring nothing has happened to them."""
        forbidden, before = _partners(self.forbidden), _partners(_forbidden_ids(base))
        changed: set[int] = {number for number in self.gone if number in base.codes}
        countries = []
        for new, was in zip(_countries(self.rows), _countries(base), strict=True):
            differs = np.array(
                [
                    new.codes[row] != base.codes.get(number)
                    or forbidden.get(number) != before.get(number)
                    or not _equal(new, row, was, base.locate(number)[1])
                    for row, number in enumerate(new.side.id.tolist())
                ],
                dtype=np.bool_,
            )
            changed.update(new.side.id[differs].tolist())
            countries.append(
                _Country(
                    new.side.take(np.flatnonzero(differs)),
                    tuple(code for code, kept in zip(new.codes, differs.tolist(), strict=True) if kept),
                    new.barred[:, differs],
                )
            )
        us, cn = countries
        rows = replace(
            self.rows, us=us.side, cn=cn.side, us_codes=us.codes, cn_codes=cn.codes,
            barred_us=us.barred, barred_cn=cn.barred,
        )  # fmt: skip
        about = np.isin(self.forbidden[:, :2], sorted(changed)).any(axis=1)
        return Changes(rows, tuple(n for n in self.gone if n in changed), self.forbidden[about])


def build_changes(
    profiles: Iterable[Profile], *, gone: Collection[int], constraints: Constraints, base: Snapshot
) -> Changes:
    """Check and encode these profiles as `base` encoded its own, with what forbids their pairs now.

    `constraints` are those of the whole register. Raises `OutgrownError` where jurisdiction keeps others
    apart than it did in `base`, and as `build_snapshot` does.
    """
    rows = build_snapshot(
        profiles,
        topics=base.scale.leaves,
        constraints=Constraints(screening=constraints.screening, jurisdiction=constraints.jurisdiction),
        policy=base.policy,
        as_of=base.as_of,
        idf=base.idf,
        engine_version=base.engine_version,
    )
    about = np.array([*rows.codes, *gone], np.int64)
    for side, barred, named in (
        (base.us, base.barred_us, [left for left, _right in constraints.jurisdiction]),
        (base.cn, base.barred_cn, [right for _left, right in constraints.jurisdiction]),
    ):
        others = ~np.isin(side.id, about)
        if not np.array_equal(marked(side, named)[:, others], barred[:, others]):
            raise OutgrownError("jurisdiction keeps others apart than it did")
    american = {*base.us.id.tolist(), *rows.us.id.tolist()} - {*gone}
    chinese = {*base.cn.id.tolist(), *rows.cn.id.tolist()} - {*gone}
    causes = first_causes(constraints, american, chinese)
    found = sorted((*pair, cause) for pair, cause in causes.items() if not rows.codes.keys().isdisjoint(pair))
    return Changes(rows, tuple(sorted(gone)), np.array(found, np.int64).reshape(-1, 3))


def _frame(snapshot: Snapshot) -> tuple[object, ...]:
    """What two snapshots must have in common for rows of one to mean the same in the other."""
    scale = snapshot.scale
    return (
        snapshot.policy,
        scale.topics,
        scale.areas,
        scale.idf.tobytes(),
        snapshot.as_of,
        snapshot.engine_version,
        len(snapshot.barred_us),
    )


def _countries(snapshot: Snapshot) -> tuple[_Country, _Country]:
    return (
        _Country(snapshot.us, snapshot.us_codes, snapshot.barred_us),
        _Country(snapshot.cn, snapshot.cn_codes, snapshot.barred_cn),
    )


def _laid(new: _Country, before: _Country, about: npt.NDArray[np.int64]) -> _Country:
    """What stays of a side, with the changed rows where their codes belong."""
    kept = ~np.isin(before.side.id, about)
    codes = [code for code, stays in zip(before.codes, kept.tolist(), strict=True) if stays]
    at = [bisect(codes, code.encode(), key=str.encode) for code in new.codes]
    arrays = {
        name: np.insert(getattr(before.side, name)[kept], at, getattr(new.side, name), axis=0)
        for name in ARRAYS
    }
    barred = np.insert(before.barred[:, kept], at, new.barred, axis=1)
    # The last first, so that the earlier places stay right.
    for place, code in reversed([*zip(at, new.codes, strict=True)]):
        codes.insert(place, code)
    return _Country(Side(**arrays, scale=before.side.scale), tuple(codes), barred)


def _forbidden_ids(snapshot: Snapshot) -> npt.NDArray[np.int64]:
    columns = snapshot.us.id[snapshot.pair_us], snapshot.cn.id[snapshot.pair_cn], snapshot.pair_cause
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def _partners(forbidden: npt.NDArray[np.int64]) -> dict[int, set[tuple[int, int]]]:
    """Whom each organization must not be paired with, and why."""
    found: dict[int, set[tuple[int, int]]] = {}
    for one, other, cause in forbidden.tolist():
        found.setdefault(one, set()).add((other, cause))
        found.setdefault(other, set()).add((one, cause))
    return found


def _equal(new: _Country, row: int, was: _Country, before: int) -> bool:
    pairs = [(getattr(new.side, name)[row], getattr(was.side, name)[before]) for name in ARRAYS]
    pairs.append((new.barred[:, row], was.barred[:, before]))
    # Byte by byte: an unknown trust is as good as another.
    return all(np.asarray(one).tobytes() == np.asarray(other).tobytes() for one, other in pairs)
