"""The whole service on a bare machine: register, workers, a run, the mail, the site."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from alliances.enums import Country
from alliances.management.commands.load_demo import DEFAULT_PASSWORD
from alliances.models import Organization
from alliances.services.demo import CURATOR_EMAIL, visitors
from matchmaking import nudge
from matchmaking.embedded import EmbeddedError, Supervisor, home_folder
from matchmaking.embedded.mailbox import Mailbox
from matchmaking.enums import EmailState, Queue, RunStage
from matchmaking.models import MatchRun, OutboxEmail, Ranking, Recommendation
from matchmaking.models.recommendation import SHOWN_STATES
from matchmaking.selectors.runs import last_complete_run
from matchmaking.services import heartbeat
from matchmaking.wording import told_sentences, topic_names
from matchmaking.wording.breakdown import cause_label

HOME = home_folder()
WORKER_SECONDS = 60
BEST_PAIRS = 10
CELERY = [sys.executable, "-m", "celery", "-A", "matchmaking.celery:app"]


class Command(BaseCommand):
    help = "Load the sample register, match, mail, print the best pairs and serve the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop after the table")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("The demo brings its own servers: unset DATABASE_URL and REDIS_URL.")
        serve = not options["no_serve"]
        if serve:
            self._refuse_taken_port()
        # Ctrl-C and a polite kill end it the same way: everything that was started is stopped.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with Mailbox(HOME / "mailbox") as mailbox, Supervisor(HOME) as processes:
                told = {"EMAIL_URL": mailbox.url, "MAILBOX_FOLDER": str(mailbox.folder)}
                self._run(processes, {**os.environ, **told}, serve=serve)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("\nStopped. The data stay; `make demo` goes on from here.")

    def _run(self, processes: Supervisor, env: dict[str, str], *, serve: bool) -> None:
        call_command("migrate", verbosity=0)
        call_command("load_reference", stdout=self.stdout)
        call_command("load_demo", stdout=self.stdout)
        # One worker for every queue, to be up sooner: webhooks take one turn at a time, and so one of its two
        # processes at most.
        processes.start(
            "worker", [*CELERY, "worker", "-Q", ",".join(Queue.values), "--loglevel", "WARNING"], env=env
        )
        schedule = HOME / "beat-schedule"
        processes.start("beat", [*CELERY, "beat", "--schedule", schedule, "--loglevel", "WARNING"], env=env)
        if serve:
            processes.start("web", self._web_command(), env=env)
        self._wait_for_workers(processes)
        call_command("run_matching", stdout=self.stdout, stderr=self.stderr)
        call_command("send_recommendations", stdout=self.stdout, stderr=self.stderr)
        self._report(serve=serve)
        while serve:
            time.sleep(3600)

    def _refuse_taken_port(self) -> None:
        port = urlsplit(settings.SITE_URL).port or 80
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Choose another: make demo PORT={port + 1}"
            ) from error

    def _web_command(self) -> list[str]:
        port = urlsplit(settings.SITE_URL).port or 80
        options = ["--workers", "1", "--threads", "4", "--log-level", "warning", "--no-control-socket"]
        return [
            *(sys.executable, "-m", "gunicorn", "matchmaking.wsgi", "--bind", f"127.0.0.1:{port}"),
            *options,
        ]

    def _wait_for_workers(self, processes: Supervisor) -> None:
        """Until each queue's heartbeat shows a worker at work."""
        began = time.monotonic()
        for queue in Queue:
            nudge.for_heartbeat(queue, expires=WORKER_SECONDS)
        while not all(heartbeat.is_fresh(queue) for queue in Queue):
            if time.monotonic() - began > WORKER_SECONDS:
                raise CommandError(
                    f"No worker came up within {WORKER_SECONDS} s. Its log: {processes.log('worker')}"
                )
            time.sleep(0.1)

    # --- The closing table ------------------------------------------------------------------------

    def _report(self, *, serve: bool) -> None:
        run = last_complete_run()
        if run is None:
            raise CommandError("No run is complete.")
        self._best_pairs(run)
        self._counts(run)
        password = os.environ.get("DEMO_PASSWORD", DEFAULT_PASSWORD)
        site = settings.SITE_URL if serve else f"{settings.SITE_URL} (start it with: make demo)"
        self.stdout.write(
            f"\nSite            {site}\n"
            f"Curation desk   {settings.SITE_URL}/admin/\n"
            f"                sign in as {CURATOR_EMAIL}, password {password}\n"
            f"Mailbox         {settings.SITE_URL}/mailbox/ (files: {HOME / 'mailbox'})\n"
            f"Sign in as      {settings.SITE_URL}/demo/sign-in/ (one click, no password)"
        )
        for one in visitors():
            self.stdout.write(f"                {one.user.email:<32}{one.part} {one.organization}".rstrip())
        self.stdout.write(
            "None of the organizations in the sample register takes part or has endorsed anything."
        )
        if serve:
            self.stdout.write("Serving until Ctrl-C.")

    def _best_pairs(self, run: MatchRun) -> None:
        """The highest reciprocal scores of all pairs, with the reasons that the US side was given."""
        best = (
            Ranking.objects.filter(run=run, seeker__country=Country.US)
            .select_related("seeker", "candidate")
            .order_by("-score", "seeker__code", "candidate__code")[:BEST_PAIRS]
        )
        topics = topic_names()
        self.stdout.write(f"\nThe {BEST_PAIRS} best pairs (reciprocal score of 100)\n")
        for place, row in enumerate(best, 1):
            self.stdout.write(
                f"{place:3}. {100 * row.score:5.1f}  {row.seeker.name_en}  –  "
                f"{row.candidate.name_en} {row.candidate.name_zh}"
            )
            told = (
                Recommendation.objects.filter(
                    seeker=row.seeker, candidate=row.candidate, state__in=SHOWN_STATES
                )
                .order_by("-pk")
                .first()
            )
            if told is None:
                self.stdout.write("            not released: the load cap or a curator holds it back")
                continue
            own, theirs = (told.breakdown[side]["reasons"] for side in ("seeker", "candidate"))
            for_us, for_them = told_sentences(own, theirs, topics)
            for label, sentences in (("for the US side:", for_us), ("for the Chinese side:", for_them)):
                for sentence in sentences:
                    self.stdout.write(f"            {label:<22} {sentence}")

    def _counts(self, run: MatchRun) -> None:
        counts = run.counts
        excluded = {cause: number for cause, number in counts["excluded"].items() if number}
        causes = ", ".join(f"{cause_label(cause)} {number:,}" for cause, number in excluded.items())
        sent = OutboxEmail.objects.filter(state=EmailState.SENT).count()
        shown = Recommendation.objects.filter(state__in=SHOWN_STATES).count()
        approved = Organization.objects.approved().count()
        self.stdout.write(
            f"\nOrganizations   {approved:,}\n"
            f"Pairs           {run.pairs:,}: scored {counts['scored']:,}, "
            f"excluded {sum(excluded.values()):,}{f' ({causes})' if causes else ''}\n"
            f"Recommendations {shown:,} released, {run.held_back or 0:,} held back by the load cap\n"
            f"Emails          {sent:,} sent\n"
            f"Scoring took    {run.stage_seconds.get(RunStage.SCORE, 0.0):.2f} s"
        )
