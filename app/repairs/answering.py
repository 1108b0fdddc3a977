"""How a ticket ends: confirmed by who reported it, signed off because nobody answered, repaired again, written off."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import peewee
from flask_babel import gettext as _

from app import calendar, clock
from app.errors import Refused
from app.places.models import Place
from app.repairs.kinds import CAUSES, RATINGS
from app.repairs.stepping import Stepping
from app.repairs.steps import Step

ANSWER_DAYS = 3  # school days after which "fixed" counts as signed off


class Answering(Stepping):
    """The verbs that follow the repair."""

    def may_confirm(self, who: Any) -> bool:
        """Whoever reported, joined, answers for the room, or runs the office. Who files for a caller is not
        the reporter: an electrician does not confirm the own repair."""
        if not who.may("repairs.confirm"):
            return False
        if who.id == self.reporter_id or "director" in who.roles:
            return True
        joined = Step.select().where(Step.ticket == self, Step.kind == "joined", Step.person == who)
        keeps = Place.kept_by(who).where(Place.id == self.place_id)
        return who.id != self.worker_id and (joined.exists() or keeps.exists())

    def confirm(self, by: Any, rating: str = "", note: str = "") -> Step:
        """The reporter agrees; `rating` is a key of RATINGS or empty."""
        if rating and rating not in RATINGS:
            raise Refused(_("There is no rating %(rating)s.", rating=rating), 422)
        return self._step("confirmed", by, rating=rating, note=note)

    def rework(self, by: Any, note: str, photos: Iterable[Any] = ()) -> Step:
        """The reporter says that it is not fixed; the clock runs on from where it stopped."""
        return self._step("reworked", by, photos, note=note)

    @classmethod
    def unanswered(cls, now: datetime | None = None) -> peewee.ModelSelect:
        """Fixed, and nobody has answered for three whole school days (ANSWER_DAYS)."""
        today = clock.local(now or clock.now()).date()
        return cls.select().where(cls.state == "fixed", cls.fixed_at < clock.utc(_days_before(today)))

    def sign_off_unanswered(self, by: Any = None) -> Step:
        """Nobody answered: it counts as confirmed, and is marked so. `by` is None for the clock."""
        return self._step("unanswered", by)

    def judge(self, by: Any, cause: str) -> Step | None:
        """Settle why it broke (a key of CAUSES), whatever was said before; None when that is known already."""
        if cause not in CAUSES:
            raise Refused(_("There is no cause %(cause)s.", cause=cause), 422)
        if cause == self.cause:
            return None
        return self._step("judged", by, cause=cause, told={"cause": [f"compensation.{cause}"]})

    def write_off(self, by: Any, disposal: Any) -> Step:
        """It does not pay to repair it: the write-off (a Disposal) that was asked for goes on instead."""
        return self._step("written_off", by, disposal=disposal)

    def reopen(self, by: Any, note: str = "") -> Step:
        """The write-off was refused, withdrawn or called off: somebody has to repair it after all."""
        return self._step("reopened", by, note=note)


def _days_before(today: Any) -> Any:
    """The first day whose end is so many school days ago: what was fixed before it has had its time."""
    return calendar.school_days_after(today, -ANSWER_DAYS)
