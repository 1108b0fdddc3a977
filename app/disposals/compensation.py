"""Compensation (赔偿): what was damaged, why, and what repair or thing costs. A school can't fine: no amount is made
up from a list or multiplied, a person types it, and no pupil is named."""

import re
from collections.abc import Callable
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.assets.models import Asset
from app.db import Moment, Row, escape_like, link, writing
from app.errors import Refused
from app.numbers import next_number
from app.people.models import Person
from app.places.models import ClassGroup

CAUSES = {
    "wear": _l("natural wear"),
    "quality": _l("a fault of the thing"),
    "misuse": _l("used wrongly"),
    "accident": _l("damaged unintentionally"),
    "intent": _l("damaged on purpose"),
    "unknown": _l("cause not known"),
}
OURS = ("wear", "quality")  # the school repairs it and nobody pays
BASES = {"repair": _l("cost of the repair"), "net": _l("net value")}
STATES = {
    "open": _l("to be paid"),
    "nothing": _l("nobody pays"),
    "paid": _l("paid"),
    "waived": _l("waived"),
    "void": _l("void"),
}
LONGEST = 300

FINES = re.compile(
    r"罚款|罚金|罚钱|罚没|处罚|惩罚|被罚|加倍|双倍|翻倍|[一二两三四五六七八九十百\d]+\s*倍|违约金"
    r"|\b(?:an?|the) fine\b|\bfine[ds]\b|\bpenalt(?:y|ies)\b|\bpunish\w*|\bdouble\b|\btriple\b|\b\d+ times\b",
    re.IGNORECASE,
)
# A frequent family name, one or two characters, and then 同学 or 小朋友: that is somebody.
PUPILS = re.compile(
    r"(?!周[一二三四五六日末]|马上|黄色|金属)"
    r"[王李张刘陈杨赵黄周吴徐孙胡朱林郭马罗梁宋郑谢韩唐冯董萧曹袁邓傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎潘杜戴夏钟汪姜范谭廖邹熊陆郝崔康毛邱秦侯邵孟]"
    r"[\u4e00-\u9fff]{1,2}(?:同学|小朋友)"
)

# What a repair already knows of its damage, for a new record: `offer(ticket)` gives fields of Compensation.record.
offers: list[Callable[[Any], dict[str, Any]]] = []

journal.says({
    "compensations.recorded": _l("recorded damage of %(thing)s, cause: %(parts)s, record %(number)s"),
    "compensations.paid": _l("compensation %(number)s is paid, receipt %(receipt)s"),
    "compensations.waived": _l("waived compensation %(number)s: %(reason)s"),
    "compensations.void": _l("made compensation %(number)s void: %(reason)s"),
})  # fmt: skip
journal.calls({f"compensation.{cause}": words for cause, words in CAUSES.items()})


class CompensationSettlement(Row):
    """A compensation is over: paid with a receipt, waived or made void with a reason; by whom and when."""

    append_only = True

    kind = peewee.CharField(8)
    by = peewee.ForeignKeyField(Person, null=True, index=False)
    at = Moment(default=clock.now)
    receipt = peewee.CharField(60, default="")
    reason = peewee.CharField(200, default="")

    class Meta:
        table_name = "compensation_settlement"
        constraints = [
            peewee.Check("kind in ('paid', 'waived', 'void')"),
            peewee.Check("(kind = 'paid') = (receipt <> '')"),
            peewee.Check("kind = 'paid' or reason <> ''"),
        ]


class Compensation(Row):
    """What was found about a damage (赔偿认定). `amount` is in fen and null when nobody pays; a class is the smallest
    unit that is named. Open until `settlement` if there is an amount."""

    number = peewee.CharField(20, unique=True)
    thing = peewee.CharField(80)
    asset = peewee.ForeignKeyField(Asset, null=True, backref="compensations")
    group = peewee.ForeignKeyField(ClassGroup, null=True, backref="compensations")
    ticket = link("Ticket", null=True, backref="compensations")
    cause = peewee.CharField(10)
    words = peewee.CharField(LONGEST)
    basis = peewee.CharField(8, default="")
    amount = peewee.IntegerField(null=True)
    parents_informed = peewee.BooleanField(default=False)
    by = peewee.ForeignKeyField(Person, backref="compensations", index=False)
    at = Moment(default=clock.now)
    settlement = peewee.ForeignKeyField(CompensationSettlement, null=True, unique=True, backref="compensations")

    class Meta:
        indexes = ((("settlement", "id"), False),)
        constraints = [
            peewee.Check("amount is null or amount > 0"),
            peewee.Check("(amount is null) = (basis = '')"),
            peewee.Check("amount is null or cause not in ('wear', 'quality')"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def cause_word(self) -> str:
        return str(CAUSES[self.cause])

    @property
    def basis_word(self) -> str:
        return str(BASES[self.basis]) if self.basis else ""

    @property
    def state(self) -> str:
        if self.settlement_id is not None:
            return self.settlement.kind
        return "nothing" if self.amount is None else "open"

    @property
    def state_word(self) -> str:
        return str(STATES[self.state])

    @property
    def tone(self) -> str:
        return {"open": "soon", "paid": "fine"}.get(self.state, "")

    @property
    def ticket_number(self) -> str:
        """The number of the repair it belongs to; the ticket's own noun lies above this one."""
        return str(self.ticket) if self.ticket_id else ""

    # Which there are

    @classmethod
    def shown(cls) -> peewee.ModelSelect:
        """With asset, class, ticket, who recorded it and how it was settled, in one query."""
        ticket, left = cls.ticket.rel_model, peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Asset, ClassGroup, ticket.id, ticket.day, ticket.serial, Person, CompensationSettlement)
            .join(Asset, left)
            .switch(cls)
            .join(ClassGroup, left)
            .switch(cls)
            .join(ticket, left, on=(cls.ticket == ticket.id), attr="ticket")
            .switch(cls)
            .join(Person, on=(cls.by == Person.id))
            .switch(cls)
            .join(CompensationSettlement, left)
        )

    @classmethod
    def visible_to(cls, who: Any) -> peewee.ModelSelect:
        """All for the office, the leaders and finance; those of the own class for its teacher."""
        if who.may("compensations.all"):
            return cls.shown()
        if not who.may("compensations.list"):
            return cls.shown().where(peewee.SQL("0 = 1"))
        return cls.shown().where(ClassGroup.teacher == who.id)

    @classmethod
    def in_state(cls, state: str) -> peewee.Expression:
        if state in ("open", "nothing"):
            return cls.settlement.is_null() & cls.amount.is_null(state == "nothing")
        return CompensationSettlement.kind == state

    @classmethod
    def matching(cls, words: str) -> peewee.Expression:
        pattern = f"%{escape_like(words.strip())}%"
        return (cls.number**pattern) | (cls.thing**pattern) | (CompensationSettlement.receipt**pattern)

    # Verbs

    @classmethod
    def record(
        cls,
        by: Person,
        *,
        thing: str,
        cause: str,
        words: str,
        group: ClassGroup | None = None,
        asset: Asset | None = None,
        ticket: Any = None,
        basis: str = "",
        amount: int | None = None,
        parents_informed: bool = False,
    ) -> "Compensation":
        """Write down what was damaged and why; with an amount (fen) and its basis where somebody pays."""
        if cause not in CAUSES:
            raise Refused(_("Please choose one."), 422)
        for text in (thing, words):
            if wrong := wrong_words(text):
                raise Refused(wrong, 422)
        if wrong := wrong_amount(cause, basis, amount, asset):
            raise Refused(wrong, 422)
        with writing():
            row = cls.create(
                number=next_number(cls, "PC"), thing=thing, asset=asset, group=group, ticket=ticket, cause=cause,
                words=words, basis=basis if amount else "", amount=amount or None, parents_informed=parents_informed,
                by=by,
            )  # fmt: skip
            row._tell("compensations.recorded", by, thing=thing, parts=[f"compensation.{cause}"])
        return row

    def pay(self, by: Person, receipt: str, parents_informed: bool = False) -> None:
        """It was paid, with the number of the receipt. Only after the parents know."""
        if not receipt.strip():
            raise Refused(_("Please give the number of the receipt."), 422)
        with writing():
            self._check_open()
            if not (self.parents_informed or parents_informed):
                raise Refused(_("The parents have to know before anything is paid."), 422)
            self.parents_informed = True
            self._settle("paid", by, receipt=receipt)
            self._tell("compensations.paid", by, receipt=receipt)

    def waive(self, by: Person, reason: str) -> None:
        """Nobody need pay after all (免赔)."""
        self._drop("waived", by, reason)

    def make_void(self, by: Person, reason: str) -> None:
        """It was recorded wrongly."""
        self._drop("void", by, reason)

    def _drop(self, kind: str, by: Person, reason: str) -> None:
        if not reason.strip():
            raise Refused(_("Please say why."), 422)
        if wrong := wrong_words(reason):
            raise Refused(wrong, 422)
        with writing():
            self._check_open(or_nothing=kind == "void")
            self._settle(kind, by, reason=reason)
            self._tell(f"compensations.{kind}", by, reason=reason)

    def _check_open(self, or_nothing: bool = False) -> None:
        fresh = Compensation.shown().where(Compensation.id == self.id).get()
        self.settlement = fresh.settlement if fresh.settlement_id else None
        self.parents_informed = fresh.parents_informed
        if self.state == "open" or (or_nothing and self.state == "nothing"):
            return
        raise Refused(_("That can't be done any more: %(number)s is “%(state)s”.",
                        number=self.number, state=self.state_word))  # fmt: skip

    def _settle(self, kind: str, by: Person, **how: Any) -> None:
        self.settlement = CompensationSettlement.create(kind=kind, by=by, **how)
        self.save(only=[Compensation.settlement, Compensation.parents_informed])

    def _tell(self, action: str, by: Any, **facts: Any) -> None:
        journal.record(action, self, by, asset=self.asset_id, number=self.number, **facts)


def wrong_words(text: str) -> str:
    """The sentence when words speak of a fine, of multiples, or name a pupil; "" when they may stand."""
    if FINES.search(text):
        return _("A school can't fine anybody, nor multiply. Please write what the repair or the thing costs.")
    if PUPILS.search(text):
        return _("Please name no pupil: the class is enough, the case stays on paper with the class teacher.")
    return ""


def wrong_amount(cause: str, basis: str, amount: int | None, asset: Asset | None) -> str:
    """The sentence when somebody would pay who must not, or more than the thing ever cost; "" when it may stand."""
    if cause in OURS and amount:
        return _("Wear and faults are repaired by the school: nobody pays, so leave the amount empty.")
    if amount and basis not in BASES:
        return _("Please say what the amount is: the cost of the repair, or the net value.")
    if amount and asset is not None and not asset.is_batch and asset.unit_price and amount > asset.unit_price:
        return _("That is more than the thing cost when it was new. Compensation has no multiplier.")
    return ""


def find_ticket(number: str, who: Any) -> Any:
    """The repair with this number (20261124-003) among those that `who` may see, or None."""
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)-(\d{1,6})", number.strip())
    if match is None:
        return None
    ticket = Compensation.ticket.rel_model
    day = "-".join(match.groups()[:3])
    return ticket.visible_to(who).where(ticket.day == day, ticket.serial == int(match[4])).first()
