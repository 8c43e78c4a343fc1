"""The sample register from end to end, against the dumb loop, by the commands a person uses."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from alliances.models import Organization, Topic
from alliances.services.demo import load_demo
from matchmaking import engine
from matchmaking.datasource import read_profiles
from matchmaking.engine.names import CRITERIA
from matchmaking.models import MatchRun, Ranking
from matchmaking.services import policies, statements
from tests.engine.dumb_loop import DumbLoop
from tests.matchmaking.runs.conftest import complete_run
from tests.registers import make_register

TODAY = date(2026, 11, 1)


def printed(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_sample_registers_lists_are_the_dumb_loops() -> None:
    load_demo("a-long-demo-password")
    run = complete_run(as_of=TODAY)
    assert (run.organizations, run.pairs) == (229, 114 * 115) == (229, 13_110)
    assert run.counts["scored"] + sum(run.counts["excluded"].values()) == 13_110

    leaves = Topic.objects.order_by("slug").values_list("slug", "area__slug")
    expected = DumbLoop(
        read_profiles(TODAY, model_hash=statements.refresh_statements()),
        topics=[engine.Topic(slug, area) for slug, area in leaves],
        policy=policies.rules_of(run.policy),
    ).run()
    assert run.counts == {
        "pairs": expected.pairs,
        "scored": expected.scored,
        "tied": expected.tied,
        "excluded": expected.excluded,
    }
    rows = {
        (seeker, kind, rank): (
            line.candidate,
            line.score,
            line.affinity,
            line.candidate_affinity,
            line.criteria,
        )
        for seeker, kinds in expected.lists.items()
        for kind, lines in kinds.items()
        for rank, line in enumerate(lines, start=1)
    }
    stored = {
        (row.seeker_id, row.kind, row.rank): (
            row.candidate_id,
            row.score,
            row.affinity,
            row.candidate_affinity,
            [None if math.isnan(value) else value for value in row.criteria],
        )
        for row in Ranking.objects.filter(run=run)
    }
    assert stored == rows


@pytest.mark.django_db
def test_a_second_run_is_exported_byte_for_byte_and_unrounded() -> None:
    make_register(20, 20, seed=1)
    first = complete_run(as_of=TODAY)
    one = printed("export_rankings", "--format", "csv", "--run", str(first.pk))
    second = complete_run(as_of=TODAY)
    assert printed("export_rankings", "--format", "csv") == one
    assert second.snapshot_digest == first.snapshot_digest

    lines = list(csv.DictReader(io.StringIO(one)))
    assert list(lines[0]) == [
        "seeker", "candidate", "kind", "rank", "score", "affinity", "candidate_affinity", *CRITERIA
    ]  # fmt: skip
    codes = dict(Organization.objects.values_list("code", "pk"))
    for line in lines:
        row = Ranking.objects.get(
            run=second, seeker=codes[line["seeker"]], kind=line["kind"], rank=int(line["rank"])
        )
        assert (codes[line["candidate"]], float(line["score"])) == (row.candidate_id, row.score)
        known = [float(line[name]) if line[name] else None for name in CRITERIA]
        assert known == [None if math.isnan(value) else value for value in row.criteria]


@pytest.mark.django_db
def test_the_export_can_be_narrowed_and_written_as_json() -> None:
    make_register(20, 20, seed=1)
    run = complete_run(as_of=TODAY)
    rows = json.loads(
        printed("export_rankings", "--format", "json", "--organization", "us-00003", "--top", "2")
    )
    expected = Ranking.objects.filter(run=run, seeker__code="us-00003", rank__lte=2)
    assert len(rows) == expected.count() > 0
    assert {row["seeker"] for row in rows} == {"us-00003"}
    assert [row["rank"] for row in rows if row["kind"] == "city"] == [1, 2]
    best = expected.get(kind="city", rank=1)
    assert rows[0]["score"] == best.score
    assert rows[0]["candidate"] == best.candidate.code


@pytest.mark.django_db
def test_an_export_of_nothing_says_so() -> None:
    with pytest.raises(CommandError, match="No run is complete yet"):
        printed("export_rankings", "--format", "csv")
    with pytest.raises(CommandError, match="no run 99"):
        printed("export_rankings", "--format", "csv", "--run", "99")
    make_register(3, 3, seed=1)
    complete_run()
    with pytest.raises(CommandError, match="'nobody'"):
        printed("export_rankings", "--format", "csv", "--organization", "nobody")


@pytest.mark.django_db
def test_known_pairs_are_evaluated_in_five_lines(tmp_path: Path) -> None:
    make_register(20, 20, seed=1)
    path = tmp_path / "pairs.csv"
    path.write_text("us_org,cn_org\nus-00001,cn-00002\nus-00003,cn-00004\n")
    lines = printed("evaluate_matching", str(path)).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "recall@5",
        "recall@10",
        "mrr",
        "popularity_mrr",
        "pairs",
    ]
    assert lines[4] == "pairs: 2"
    assert all(0 <= float(line.split(": ")[1]) <= 1 for line in lines[:4])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("us_org,cn_org\nus-00001,cn-99999\n", "Line 2, cn_org: there is no CN organization 'cn-99999'"),
        ("us_org,cn_org\ncn-00001,us-00001\n", "Line 2, us_org: there is no US organization 'cn-00001'"),
        ("us_org,partner\nus-00001,cn-00001\n", "The columns must be us_org and cn_org"),
        ("", "The file is empty"),
    ],
)
def test_pairs_that_cannot_be_evaluated_are_named(content: str, said: str, tmp_path: Path) -> None:
    make_register(3, 3, seed=1)
    path = tmp_path / "pairs.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=said):
        printed("evaluate_matching", str(path))


@pytest.mark.django_db(transaction=True)
def test_run_matching_brings_its_own_worker_where_none_works() -> None:
    make_register(15, 15, seed=1)
    name = settings.DATABASES["default"]["NAME"]
    url = os.environ["DATABASE_URL"].replace("/matchmaking?", f"/{name}?")
    done = subprocess.run(
        [sys.executable, "manage.py", "run_matching", "--top-k", "3", "--as-of", "2026-11-01"],
        env={**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = MatchRun.objects.get()
    assert (run.state, run.top_k, run.as_of) == ("complete", 3, TODAY)
    assert done.stdout.startswith(
        f"Run {run.pk}: policy standard v1, as of 2026-11-01, top 3, 30 organizations, 225 pairs."
    )
    assert f"Scored    {run.counts['scored']:>12,}" in done.stdout
    assert done.stderr.split()[-2:] == ["100", "%"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--policy", "nobody"], "nobody"),
        (["--top-k", "0"], "K is 0"),
        (["--as-of", "soon"], "'soon' is not a date"),
    ],
)
def test_run_matching_refuses_what_cannot_be(options: list[str], said: str) -> None:
    policies.active_policy()
    with pytest.raises(CommandError, match=said):
        printed("run_matching", *options)
    assert MatchRun.objects.count() == 0
