"""The leased row: claimed once, renewed, taken back, finished once. Each guard beside its absence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from structlog.testing import capture_logs

from matchmaking.enums import EmailKind, EmailState, MailClass, ShardState, Step
from matchmaking.models import MatchRun, MatchShard, OutboxEmail
from matchmaking.services import leases
from matchmaking.services.leases import MAILS, SHARDS, LeaseLost, Renewal
from matchmaking.services.policies import active_policy
from tests.sizes import size


def make_run() -> MatchRun:
    return MatchRun.objects.create(policy=active_policy(), as_of="2026-11-01", top_k=20)


def make_shards(count: int) -> list[MatchShard]:
    run = make_run()
    return MatchShard.objects.bulk_create(MatchShard(run=run, step=Step.SCORE, index=i) for i in range(count))


def make_mail(mail_class: MailClass, **fields: Any) -> OutboxEmail:
    return OutboxEmail.objects.create(
        kind=EmailKind.DIGEST if mail_class == MailClass.BULK else "test",
        slot="2026-W48" if mail_class == MailClass.BULK else None,
        mail_class=mail_class,
        message_id=f"<{mail_class}@test.example>",
        recipient="a@test.example",
        language="en",
        subject="s",
        body_text="t",
        body_html="h",
        **fields,
    )


def let_lease_run_out(row: MatchShard | OutboxEmail) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def claim_in_parallel(threads: int, claim: Any) -> list[Any]:
    """Everything that many threads claim, each until nothing is left, all beginning at once."""
    start = Barrier(threads)

    def work(_thread: int) -> list[Any]:
        start.wait()
        found = []
        try:
            while (row := claim()) is not None:
                found.append(row.pk)
        finally:
            connection.close()
        return found

    with ThreadPoolExecutor(threads) as pool:
        return [pk for part in pool.map(work, range(threads)) for pk in part]


def claim_without_locking() -> MatchShard | None:
    """The claim with its guard off: read, think, write."""
    row = SHARDS.due().first()
    if row is not None:
        connection.cursor().execute("SELECT pg_sleep(0.01)")
        MatchShard.objects.filter(pk=row.pk).update(
            state=ShardState.RUNNING,
            lease_token="00000000-0000-0000-0000-000000000001",
            lease_until=Now(),
        )
    return row


@pytest.mark.django_db(transaction=True)
def test_each_row_is_claimed_by_one_worker() -> None:
    made = [shard.pk for shard in make_shards(size(small=40, ci=80, full=400))]
    assert sorted(claim_in_parallel(8, lambda: leases.claim(SHARDS))) == made
    assert set(MatchShard.objects.values_list("attempt", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_rows_are_claimed_twice() -> None:
    made = make_shards(20)
    assert len(claim_in_parallel(8, claim_without_locking)) > len(made)


@pytest.mark.django_db
def test_the_attempt_counts_before_the_work() -> None:
    make_shards(1)
    claimed = leases.claim(SHARDS)
    assert claimed is not None
    assert (claimed.state, claimed.attempt) == (ShardState.RUNNING, 1)
    assert leases.claim(SHARDS) is None


@pytest.mark.django_db
def test_a_lease_is_as_long_as_set_by_the_databases_clock(settings: Any) -> None:
    settings.LEASE_SECONDS = 10
    make_shards(1)
    shard = leases.claim(SHARDS)
    assert shard is not None
    left = MatchShard.objects.annotate(
        left=models.ExpressionWrapper(models.F("lease_until") - Now(), models.DurationField())
    ).get()
    assert timedelta(seconds=9) < left.left <= timedelta(seconds=10)


@pytest.mark.django_db
def test_a_row_waits_for_its_next_attempt() -> None:
    (shard,) = make_shards(1)
    MatchShard.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=60))
    assert leases.claim(SHARDS) is None
    MatchShard.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    claimed = leases.claim(SHARDS)
    assert claimed is not None
    assert claimed.pk == shard.pk


@pytest.mark.django_db
def test_finish_closes_the_row_and_lets_go() -> None:
    make_shards(1)
    shard = leases.claim(SHARDS)
    assert shard is not None
    leases.finish(SHARDS, shard, ShardState.DONE, counts={"pairs": 3})
    shard.refresh_from_db()
    assert (shard.state, shard.counts, shard.lease_token, shard.lease_until) == (
        "done",
        {"pairs": 3},
        None,
        None,
    )


@pytest.mark.django_db
def test_a_late_worker_changes_nothing_and_is_named_in_the_log() -> None:
    make_shards(1)
    late = leases.claim(SHARDS)
    assert late is not None
    let_lease_run_out(late)
    assert leases.expire(SHARDS) == []
    second = leases.claim(SHARDS)
    assert second is not None
    leases.finish(SHARDS, second, ShardState.DONE, counts={"by": "second"})

    @transaction.atomic
    def write_results() -> None:
        MatchRun.objects.update(cause="written by the late worker")
        leases.finish(SHARDS, late, ShardState.DONE, counts={"by": "late"})

    with capture_logs() as logs, pytest.raises(LeaseLost):
        write_results()
    assert MatchShard.objects.get().counts == {"by": "second"}
    assert MatchRun.objects.get().cause == ""
    assert [line["event"] for line in logs] == ["stale_lease"]
    # Without the token in the condition the late worker's write goes through.
    MatchShard.objects.filter(pk=late.pk).update(counts={"by": "late"})
    assert MatchShard.objects.get().counts == {"by": "late"}


@pytest.mark.django_db
def test_renewing_holds_the_row_and_fails_once_it_is_gone(settings: Any) -> None:
    make_shards(1)
    shard = leases.claim(SHARDS)
    assert shard is not None
    let_lease_run_out(shard)
    leases.renew(SHARDS, shard)
    assert leases.expire(SHARDS) == []
    assert MatchShard.objects.get().state == ShardState.RUNNING
    let_lease_run_out(shard)
    leases.expire(SHARDS)
    with capture_logs() as logs, pytest.raises(LeaseLost):
        leases.renew(SHARDS, shard)
    assert [line["event"] for line in logs] == ["stale_lease"]


@pytest.mark.django_db
def test_the_renewal_asks_the_database_four_times_a_lease_at_most(
    settings: Any, django_assert_num_queries: Any
) -> None:
    settings.LEASE_SECONDS = 3600
    make_shards(1)
    shard = leases.claim(SHARDS)
    assert shard is not None
    patient, eager = Renewal(SHARDS, shard), Renewal(SHARDS, shard)
    with django_assert_num_queries(0):
        for _block in range(1000):
            patient()
    eager._next = 0.0
    with django_assert_num_queries(1):
        for _block in range(1000):
            eager()


@pytest.mark.django_db
def test_a_row_that_always_fails_is_given_up_after_five_attempts() -> None:
    make_shards(1)
    ends = []
    for _attempt in range(5):
        MatchShard.objects.update(next_attempt_at=None)
        shard = leases.claim(SHARDS)
        assert shard is not None
        ends.append(leases.fail(SHARDS, shard, "Traceback: boom"))
    assert ends == [False, False, False, False, True]
    shard = MatchShard.objects.get()
    assert (shard.state, shard.attempt, shard.error) == (ShardState.QUARANTINED, 5, "Traceback: boom")
    assert leases.claim(SHARDS) is None


@pytest.mark.django_db
def test_a_row_whose_worker_always_dies_is_given_up_after_five_attempts() -> None:
    (made,) = make_shards(1)
    ends = []
    for _attempt in range(5):
        shard = leases.claim(SHARDS)
        assert shard is not None
        let_lease_run_out(shard)
        ends.append(leases.expire(SHARDS))
    assert ends == [[], [], [], [], [made.pk]]
    assert MatchShard.objects.get().state == ShardState.QUARANTINED


@pytest.mark.django_db
def test_an_error_makes_the_pauses_double(settings: Any) -> None:
    settings.SWEEP_SECONDS = 15
    make_shards(1)
    pauses = []
    for _attempt in range(4):
        MatchShard.objects.update(next_attempt_at=None)
        shard = leases.claim(SHARDS)
        assert shard is not None
        leases.fail(SHARDS, shard, "boom")
        row = MatchShard.objects.annotate(
            pause=models.ExpressionWrapper(models.F("next_attempt_at") - Now(), models.DurationField())
        ).get()
        pauses.append(round(row.pause.total_seconds()))
    assert pauses == [15, 30, 60, 120]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mail_class", "after"), [(MailClass.BULK, EmailState.UNCERTAIN), (MailClass.AWAITED, EmailState.QUEUED)]
)
def test_a_mail_whose_worker_died_errs_as_its_class_promises(
    mail_class: MailClass, after: EmailState
) -> None:
    made = make_mail(mail_class)
    mail = leases.claim(MAILS)
    assert mail is not None
    assert mail.state == EmailState.SENDING
    let_lease_run_out(mail)
    leases.expire(MAILS)
    made.refresh_from_db()
    assert (made.state, made.lease_token) == (after, None)


@pytest.mark.django_db(transaction=True)
def test_a_row_is_not_taken_back_while_its_worker_finishes() -> None:
    make_shards(1)
    shard = leases.claim(SHARDS)
    assert shard is not None
    let_lease_run_out(shard)

    def sweep() -> list[int]:
        try:
            return leases.expire(SHARDS)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        leases.finish(SHARDS, shard, ShardState.DONE)
        assert pool.submit(sweep).result(timeout=4) == []
    assert MatchShard.objects.get().state == ShardState.DONE
