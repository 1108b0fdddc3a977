"""The repair itself: assigned or taken, arrived, on hold, extended, sent out, fixed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.db import writing
from app.errors import Refused
from app.people.models import Person
from app.repairs.extensions import Extension
from app.repairs.kinds import CAUSES, LONGEST, METHODS, REASONS
from app.repairs.outside import Outside
from app.repairs.parts import Part, checked_parts
from app.repairs.routes import Route
from app.repairs.standing import IN_WORK
from app.repairs.stepping import Stepping
from app.repairs.steps import Step


class Working(Stepping):
    """The verbs of who repairs, and of who sends them."""

    def may_work(self, who: Any) -> bool:
        """Electricians and the director any ticket; others what is theirs, or what their office is told to repair
        by the school's table (电教 → 教技室)."""
        if who.may("repairs.fix"):
            return True
        if who.is_card or who.id is None:
            return False
        return self.worker_id == who.id or Route.offers(self.kind, who)

    def assign(self, by: Any, worker: Person) -> Step:
        """The director sends someone. Refused when someone has it already: see reassign()."""
        with writing():
            if self._standing().state in ("assigned", *IN_WORK):
                raise Refused(self._why_not("assigned"))
            return self.reassign(by, worker)

    def reassign(self, by: Any, worker: Person) -> Step:
        """Someone else shall repair it, whoever had it until now."""
        if not worker.is_active:
            raise Refused(_("The account of %(name)s is switched off.", name=worker.name), 422)
        with writing():
            standing = self._standing()
            if standing.state == "assigned" and standing.worker == worker.id:
                raise Refused(_("This is assigned to %(name)s.", name=worker.name))
            return self._step("assigned", by, worker=worker, told={"worker": worker.name})

    def take(self, by: Any) -> Step:
        """Someone will repair it. Of two who take it at the same moment one wins and the other is told."""
        with writing():
            self._refuse_if_assigned_to_another(by, "taken")
            return self._step("taken", by)

    def arrive(self, by: Any) -> Step:
        """On the spot. Whoever arrives has taken it."""
        with writing():
            standing = self._refuse_if_assigned_to_another(by, "arrived", ("assigned", "taken"))
            if standing.state == "taken" and standing.arrived_at is not None:
                raise Refused(_("The arrival is noted already."))
            return self._step("arrived", by)

    def _refuse_if_assigned_to_another(self, by: Any, kind: str, states: tuple[str, ...] = ("assigned",)) -> Any:
        standing = self._standing()
        if standing.state in states and standing.worker != by.id:
            raise Refused(self._why_not(kind))
        return standing

    def wait(self, by: Any, reason: str, note: str = "") -> Step:
        """On hold, for a key of REASONS. The clock runs on: waiting is shown, not hidden."""
        _check_reason(reason)
        return self._step("waiting", by, reason=reason, note=note)

    def extend(self, by: Any, reason: str, until: datetime, note: str = "") -> Extension:
        """Ask for more time: a key of REASONS and the new time. Whoever may grant it has it granted at once."""
        _check_reason(reason)
        with writing():
            extension = Extension.ask(self, by, reason, until, note)
            if by.may("repairs.grant"):
                extension.grant(by)
        return extension

    def send_out(
        self, by: Any, firm: str, contact: str = "", phone: str = "", quote: int | None = None, note: str = ""
    ) -> Outside:
        """Hand it to a firm; `quote` in fen. Whoever may approve quotes has it approved at once."""
        with writing():
            job = Outside.begin(self, by, firm, contact, phone, quote, note)
            if by.may("repairs.approve"):
                job.approve(by)
        return job

    def fix(
        self,
        by: Any,
        method: str,
        note: str = "",
        minutes: int | None = None,
        photos: Iterable[Any] = (),
        parts: Sequence[tuple[str, int, int]] = (),
        cause: str = "",
        advice: str = "",
    ) -> Step:
        """Repaired, by a key of METHODS; the clock stops. parts: (name, how many, price of one in fen); cause: what
        it turned out to be, a key of CAUSES; advice: how it won't break again."""
        if method not in METHODS:
            raise Refused(_("There is no method %(method)s.", method=method), 422)
        if cause and cause not in CAUSES:
            raise Refused(_("There is no cause %(cause)s.", cause=cause), 422)
        used = checked_parts(parts)
        with writing():
            cost = sum(amount * price for _name, amount, price in used)
            step = self._step("fixed", by, photos, method=method, note=note, minutes=minutes, cause=cause,
                              advice=advice[:LONGEST], cost=cost or None)  # fmt: skip
            Part.note(step, used)
        return step


def _check_reason(reason: str) -> None:
    if reason not in REASONS:
        raise Refused(_("There is no reason %(reason)s.", reason=reason), 422)
