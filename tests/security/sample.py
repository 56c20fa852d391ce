"""One world with an example of everything that an address can name."""

from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import User
from applications.domain.concerns import Seen, end_case, raise_concern
from applications.models import Application, CaseStatement, Document, EvaluationAssignment, Referee, Reference
from applications.queries.references import link_token
from core import clock, jobs, outbox
from core.models import OutboxMail
from matching.models import Offer
from mats_portal.desk.exports.domain import save_choice
from mats_portal.desk.exports.queries import LIFE
from mats_portal.desk.models import CyclePublication, DeletionRequest, ExportFile, PersonCopy, RetentionRun
from mats_portal.desk.own_calendar import make_link, token_of
from mats_portal.desk.privacy.requesting import ask_correction
from mats_portal.desk.retention.erasing import place_hold
from questions.states import DataClass, QuestionKind
from reviews.domain.batches import create_batch
from reviews.domain.conflicts import record_conflict
from reviews.domain.proposals import NewChange, create_proposal
from reviews.domain.rubrics import start_rubric_draft
from reviews.models import (
    ConflictHint,
    FeedbackPacket,
    FeedbackSentence,
    IdentityFlag,
    Review,
    ReviewAssignment,
    Rubric,
)
from streams.domain.help_entries import HelpText, save_help_entry
from streams.states import HelpTopic
from tests.applications import factories as applying
from tests.matching.scenes import offer_of, offered_scene
from tests.reviews import factories as reviewing
from tests.security.matrix import Sample
from tests.worlds import World, question


def rich_sample() -> tuple[World, Sample]:
    """Ada holds an offer; the applicant is under review with two readers; a batch is a draft; a job waits."""
    scene, run = offered_scene()
    world = scene.world
    reviewing.add_rubrics(world)
    people = world.people
    record_conflict(
        reviewer=people["reviewer c"], person=people["applicant"], kind="institution", by=people["reviewer c"]
    )
    hint = ConflictHint.objects.create(
        reviewer=people["reviewer b"], person=people["other applicant"], source="address", evidence="an example"
    )
    application = applying.under_review(world)
    reviewing.assign(world)
    row = reviewing.of(application)
    reader = row.review_assignments.order_by("pk").first().reviewer
    with clock.at(world.moments["review"]):
        batch = create_batch(track=row.track, gate="review", by=people["staff a"], rule_line=3)
        proposal = create_proposal(
            track=row.track,
            source="file",
            changes=[NewChange(("track_application", row.pk), people["reviewer b"].pk, "file")],
            by=people["empirical lead"],
        )
        job = jobs.start("reviews.assign", by=people["staff a"], cycle_id=world.cycle.pk, track_id=None)
        outbox.enqueue(
            key="sample",
            to=people["applicant"].email,
            person=people["applicant"],
            code="1",
            template="account/email/password_set_message.txt",
        )
        while outbox.deliver_next():
            pass
    referee = Referee.objects.create(cycle=world.cycle, email="ruth@lab.example.org")
    reference = Reference.objects.create(
        application=application,
        referee=referee,
        name="Ruth",
        access_waived=True,
        state="submitted",
        requested_at=world.moments["stage2"],
        submitted_at=world.moments["stage2"],
    )
    people["applicant"].is_demo = True
    people["applicant"].save()
    with clock.at(world.moments["offers"]):
        # Another's, ready and fresh: to be hidden from everybody but its maker.
        export = ExportFile.objects.create(
            maker=people["staff a"],
            cycle=world.cycle,
            kind="people",
            columns=["reference"],
            file_format="csv",
            purpose="An example",
            n_rows=0,
            size=0,
            sha256="0" * 64,
            ready_at=clock.now(),
            expires_at=clock.now() + LIFE,
            job=job,
        )
        saved = save_choice(kind="people", name="An example", columns=["reference"], by=people["staff a"])
        copy = PersonCopy.objects.create(
            person=people["applicant"], size=0, sha256="0" * 64, ready_at=clock.now(), expires_at=clock.now() + LIFE
        )
        deletion = DeletionRequest.objects.create(
            person=people["applicant"], state="cancelled", due_at=clock.now(), ended_at=clock.now()
        )
    document = a_file(application)
    offer: Offer = offer_of(scene, "ada")
    mail = OutboxMail.objects.get(key="sample")
    practice_item = reviewing.add_practice(world)
    flag = IdentityFlag.objects.create(
        assignment=row.review_assignments.order_by("pk").first(),
        application=application,
        question_code="why",
        passage="Because",
    )
    assignment = ReviewAssignment.objects.get(track_application=row, reviewer=reader)
    task = EvaluationAssignment.objects.get(application=application)
    # A draft: what is published can be looked at, and neither changed nor thrown away.
    rubric = start_rubric_draft(rubric=Rubric.objects.get(definition=world.evaluation), by=people["staff a"])
    grading = ReviewAssignment.objects.get(evaluation=task, reviewer=reader)
    statement = a_question(world, task)
    columns: dict[str, User | None] = {
        "anonymous": None,
        "applicant": people["applicant"],
        "offered": scene.user("ada"),
        "stranger": people["other applicant"],
        "reader": reader,
        "conflict": people["reviewer c"],
        "mentor": people["alpha mentor"],
        "other men": people["gamma mentor"],
        "lead": people["empirical lead"],
        "other lea": people["theory lead"],
        "staff": people["staff a"],
        "admin": people["admin"],
        "observer": people["observer"],
        "superuser": User.objects.create_superuser("root@staff.example", "a-long-password-1"),
    }
    for user in filter(None, columns.values()):
        EmailAddress.objects.get_or_create(user=user, email=user.email, verified=True, primary=True)
    stream = offer.stream
    help_text = HelpText("Whom may I name?", "Who saw you work.", "Ask first.", HelpTopic.STAGE2, ["referees"])
    entry = save_help_entry(slug="sample-help", text=help_text, by=None).row
    with clock.at(world.moments["offers"]):
        hold = place_hold(person=people["reviewer c"], reason="A claim", by=people["staff b"])
        correction = ask_correction(
            person=people["applicant"], kind="recorded", what="A date", proposed="Another", reason="Seen", by=None
        )
        publication = CyclePublication.objects.create(cycle=world.cycle, proposed_by=people["staff b"])
        run_of_rule = RetentionRun.objects.create(cycle=world.cycle, kind="drafts", proposed_by=people["staff a"])
    packet = FeedbackPacket.objects.create(track_application=row)
    sentence = FeedbackSentence.objects.create(
        packet=packet,
        review=Review.objects.create(assignment=row.review_assignments.exclude(reviewer=reader).get()),
        original="Name the failure you fixed.",
        text="Name the failure you fixed.",
        position=1,
    )
    parameters = {
        "mail": mail.public_id,
        "act": "stop",
        "job": job.public_id,
        "slug": "alpha",
        "reference": application.reference,
        "section": "motivation",
        "form": world.cycle.general_form.public_id,
        "number": "1",
        "task": task.public_id,
        "document": document.public_id,
        "provider": "assessor",
        "assignment": assignment.public_id,
        "batch": batch.public_id,
        "item": practice_item.public_id,
        "hint": hint.public_id,
        "proposal": proposal.public_id,
        "line": proposal.changes.get().public_id,
        "flag": flag.public_id,
        "packet": packet.public_id,
        "sentence": sentence.public_id,
        "offer": offer.public_id,
        "stream": stream.public_id,
        "run": run.public_id,
        "person": people["applicant"].public_id,
        "application": application.public_id,
        "grant": reader.grants.order_by("pk").first().public_id,
        "track": world.tracks["empirical"].public_id,
        "rubric": rubric.public_id,
        "export": export.public_id,
        "saved": saved.public_id,
        "copy": copy.public_id,
        "signed": token_of(make_link(person=people["applicant"], by=people["applicant"])),
        "deletion": deletion.public_id,
        "referee": reference.public_id,
        "letter": reference.public_id,
        "token": link_token(referee),
        "entry": entry.public_id,
        "step": "referees",
        "question": "places",
        "plot": "means",
        "kind": "drafts",
        "correction": correction.public_id,
        "cycle": world.cycle.public_id,
        "publication": publication.public_id,
        "hold": hold.public_id,
        "case": statement.case.public_id,
        "statement": statement.public_id,
    }
    special = {
        "applications:track_add": {"slug": "theory"},
        "desk:retention_run": {"run": run_of_rule.public_id},
        "desk:retention_confirm": {"run": run_of_rule.public_id},
        "desk:retention_discard": {"run": run_of_rule.public_id},
        "reviews:concern": {"assignment": grading.public_id},
        "streams:track": {"slug": "empirical"},
        "streams:help_entry": {"slug": entry.slug},
        "matching:person": {"person": offer.stream_application.public_id},
        "matching:run_person": {"person": offer.application.public_id},
    }
    return world, Sample(columns, parameters, special)


def a_question(world: World, task: EvaluationAssignment) -> CaseStatement:
    """Ask about a submission, have it answered with a file, and end the question: the task stands as before."""
    with clock.at(world.moments["review"]):
        case = raise_concern(
            assignment=task,
            concern="The same words",
            evidence=[Seen("same_words", "A page")],
            by=world.people["empirical lead"],
        )
        statement = CaseStatement.objects.create(
            case=case, text="I wrote both", name="notes.txt", type="text", size=1, sha256="0" * 64
        )
        default_storage.save(statement.storage_name, ContentFile(b"x"))
        end_case(case=case)
    return statement


def a_file(application: Application) -> Document:
    """Give an application a stored file, as if a form had asked for one."""
    asked = question("sample-file", QuestionKind.FILE, data_class=DataClass.DOCUMENT)
    document = Document.objects.create(
        application=application, question=asked, scope="general", name="cv.txt", type="text", size=1, sha256="0" * 64
    )
    default_storage.save(document.storage_name, ContentFile(b"x"))
    return document
