"""The papers of this noun: approval form of a write-off, class property list and results, finding on compensation."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock
from app.disposals.class_property import SIDES, STAGES, ClassProperty, Publication, is_term, term_words
from app.disposals.class_views import results_of
from app.disposals.compensation import Compensation
from app.disposals.disposal import GONE, Disposal, repairs_of
from app.paper import Column, Fact, Opinion, Paper, Picture, Signature, Table, register
from app.photos.models import Photo
from app.words import money

SHOWN_REPAIRS = 12


def on(moment: Any) -> str:
    """A stored moment as the day on a paper."""
    return clock.local(moment).date().isoformat() if moment else ""


def yuan(fen: int | None) -> str:
    return "" if fen is None else f"¥{money(fen)}"


# Write-off --------------------------------------------------------------------------------------------------


def disposal(who: Any, id: int) -> Paper | None:
    """报损(报废)审批表: what it is, its age, its repairs, the appraisal, everybody's opinion, how it went."""
    slip = Disposal.visible_to(who).where(Disposal.id == id).first()
    if slip is None:
        return None
    return Paper(
        title=_("Approval form: scrapping") if slip.kind == "scrap" else _("Approval form: write-off"),
        number=slip.number,
        subtitle=on(slip.at),
        copies=(_("finance"), _("General Affairs"), _("office in charge")),
        facts=_disposal_facts(slip),
        tables=_repairs(slip),
        pictures=[Picture(photo, _("condition")) for photo in Photo.of(slip)],
        opinions=_opinions(slip),
        paragraphs=[_rule(slip)],
        code_url=url_for("disposals.show", id=slip.id),
    )


def _disposal_facts(slip: Disposal) -> list[Fact]:
    asset, end = slip.asset, slip.ending if slip.stage == "done" else None
    return [
        Fact(_("Asset number"), asset.number), Fact(_("Asset name"), asset.full_name),
        Fact(_("Category"), f"{asset.category.word} {asset.category.code}"),
        Fact(_("Quantity"), f"{slip.quantity} {asset.unit}"),
        Fact(_("Office in charge"), asset.office.name if asset.office_id else ""), Fact(_("Room"), slip.place.name),
        Fact(_("Acquired on"), slip.acquired_on.isoformat() if slip.acquired_on else _("not known")),
        Fact(_("Used / minimum life"), slip.age.words),
        Fact(_("Original value"), yuan(slip.value)), Fact(_("Net value"), yuan(slip.net_value)),
        Fact(_("Reason for writing off"), slip.reason_word),
        Fact(_("Way of disposal"), end.way_word if end else slip.way_word),
        Fact(_("What is wrong with it"), slip.words, True),
        Fact(_("Residual value"), yuan(end.residual) if end else ""),
        Fact(_("The bureau's approval number"), end.bureau_number if end else ""),
    ]  # fmt: skip


def _rule(slip: Disposal) -> str:
    if slip.kind == "scrap":
        return _("Its minimum life is over, and it can't be used any more. What can still be used is not scrapped.")
    if slip.reason in GONE or slip.age.is_over:
        return _("Lost or destroyed: it is written off.")
    return _("Its minimum life is not over: it is written off, not scrapped.")


def _repairs(slip: Disposal) -> list[Table]:
    past = repairs_of(slip.asset)
    if not past:
        return []
    columns = [Column(_("Day"), 2), Column(_("Repair"), 6), Column(_("State"), 2), Column(_("Cost"), 2, "right")]
    rows = [(on(each.at), each.words, each.state, yuan(each.cost)) for each in past[:SHOWN_REPAIRS]]
    cost = sum(each.cost or 0 for each in past)
    foot = (_("Total"), str(len(past)), "", yuan(cost) if cost else "")
    return [Table(columns, rows, foot, title=_("Repairs so far"))]


def _opinions(slip: Disposal) -> list[Opinion]:
    """The applicant's own words, one box for each who was asked, and one for the bureau."""
    boxes = [Opinion(_("Applicant"), slip.reason_word, slip.applicant.name, on(slip.at))]
    for ask in slip.asks:
        label = _("Technical appraisal") if ask.words == "appraiser" else ask.part
        if ask.state in ("agreed", "refused"):
            verdict = _("agreed") if ask.agreed else _("refused")
            words = ask.reason if ask.agreed and ask.reason else f"{verdict} {ask.reason}".strip()
            name = ask.by.name if not ask.deputy_for_id else _("%(deputy)s for %(person)s", deputy=ask.by.name,
                                                               person=ask.deputy_for.name)  # fmt: skip
            boxes.append(Opinion(label, words, name, on(ask.at)))
        else:
            boxes.append(Opinion(label))
    return [*boxes, Opinion(_("Education bureau"))]


# Class property ---------------------------------------------------------------------------------------------


def class_property(who: Any, id: int) -> Paper | None:
    """班级公物登记表, in two copies: one hangs behind the door."""
    row = ClassProperty.visible_to(who).where(ClassProperty.id == id).first()
    if row is None:
        return None
    columns = [
        Column(_("No."), 1, "center"), Column(_("Item"), 5), Column(_("Unit"), 1.4, "center"),
        Column(_("At the start"), 1.8, "right"), Column(_("Good"), 1.6, "right"),
        Column(_("At the end"), 1.8, "right"), Column(_("Damaged ones"), 1.6, "right"), Column(_("Note"), 4),
    ]  # fmt: skip
    lines = [line for line in row.lines if line.opening or line.closing]
    rows = [
        (number, line.item, line.unit, line.opening, line.good, line.closing, line.damaged, line.note)
        for number, line in enumerate(lines, 1)
    ]
    return Paper(
        title=_("Class property list"),
        subtitle=row.term_words,
        copies=(_("class"), _("General Affairs")),
        facts=[
            Fact(_("Class"), row.group.name),
            Fact(_("Room"), row.room.name if row.room_id else ""),
            Fact(_("Class teacher"), row.group.teacher.name if row.group.teacher_id else ""),
            Fact(_("Term"), row.term_words),
        ],
        tables=[Table(columns, rows, blank=2 if row.stage == "opening" else 0)],
        paragraphs=[_("Natural wear is repaired by the school. Damage is reported by the code at the door.")],
        signatures=_signatures(row),
        across=2,
        code_url=url_for("disposals.class_list", id=row.id),
    )


def _signatures(row: ClassProperty) -> list[Signature]:
    stages = {"opening": _("start of term"), "closing": _("end of term")}
    found = []
    for stage in STAGES:
        for side, words in SIDES.items():
            signed = row.signature(stage, side)
            label = _("%(side)s, %(stage)s", side=words, stage=stages[stage])
            found.append(Signature(label, signed.by.name if signed else "", on(signed.at) if signed else ""))
    return found


def class_property_results(who: Any, number: int) -> Paper | None:
    """How the classes keep their property, to be posted. `number` is the term: 20261."""
    term = f"{number // 10}-{number % 10}"
    rows = results_of(term, who) if is_term(term) else None
    if rows is None:
        return None
    columns = [
        Column(_("Class"), 3), Column(_("Class teacher"), 2.4), Column(_("At the start"), 2, "right"),
        Column(_("At the end"), 2, "right"), Column(_("Damaged ones"), 2, "right"), Column(_("Lacking"), 2, "right"),
        Column(_("In good condition"), 2.4, "right"), Column(_("State"), 3),
    ]  # fmt: skip
    published = Publication.of(term)
    return Paper(
        title=_("How the classes keep their property"),
        subtitle=term_words(term) if published else f"{term_words(term)} · {_('not yet confirmed')}",
        tables=[Table(columns, [_result(row) for row in rows], empty=_("There are no lists for this term."))],
        signatures=[
            Signature(
                _("General Affairs director"), published.by.name if published else "",
                on(published.at) if published else "",
            )
        ],
        code_url=url_for("disposals.results", term=term),
    )  # fmt: skip


def _result(row: ClassProperty) -> tuple[Any, ...]:
    teacher, sums = row.group.teacher.name if row.group.teacher_id else "", row.sums
    if row.stage != "closed":
        return (row.group.name, teacher, sums.opening, "", "", "", "", row.state_word)
    rate = f"{sums.rate:.1%}" if sums.rate is not None else ""
    return (row.group.name, teacher, sums.opening, sums.closing, sums.damaged, sums.missing, rate, row.state_word)


# Compensation -----------------------------------------------------------------------------------------------


def compensation(who: Any, id: int) -> Paper | None:
    """赔偿认定单, in two copies."""
    row = Compensation.visible_to(who).where(Compensation.id == id).first()
    if row is None:
        return None
    end = row.settlement if row.settlement_id else None
    return Paper(
        title=_("Finding on compensation"),
        number=row.number,
        subtitle=on(row.at),
        copies=(_("class"), _("General Affairs"), _("finance")),
        facts=[
            Fact(_("Class"), row.group.name if row.group_id else ""),
            Fact(_("What was damaged"), row.thing),
            Fact(_("Asset number"), row.asset.number if row.asset_id else ""),
            Fact(_("Repair"), row.ticket_number),
            Fact(_("Cause"), row.cause_word),
            Fact(_("What happened"), row.words, True),
            Fact(_("The amount is"), row.basis_word or _("nobody pays")),
            Fact(_("Amount"), yuan(row.amount)),
            Fact(_("The parents know"), _("yes") if row.parents_informed else ""),
            Fact(_("Receipt"), end.receipt if end else ""),
            Fact(_("State"), row.state_word),
            *([Fact(_("Reason"), end.reason, True)] if end and end.reason else []),
        ],
        paragraphs=[
            _("A compensation is what the repair or the thing costs; the school fines nobody."),
            _("The class is the smallest unit that is named; the case stays on paper with the class teacher."),
        ],
        signatures=[
            Signature(_("Recorded by"), row.by.name, on(row.at)),
            Signature(_("Class teacher")),
            Signature(_("Guardian")),
            Signature(_("General Affairs director")),
            Signature(_("finance"), end.by.name if end and end.kind == "paid" and end.by_id else "",
                      on(end.at) if end and end.kind == "paid" else ""),
        ],
        code_url=url_for("disposals.compensation", id=row.id),
    )  # fmt: skip


register("disposal", disposal)
register("class-property", class_property)
register("class-property-results", class_property_results)
register("compensation", compensation)
