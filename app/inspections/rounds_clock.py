"""What the clock does with rounds: every tick builds them ahead, draws spot checks, and notes what was missed."""

from datetime import date, datetime, timedelta
from random import SystemRandom
from typing import Any

import peewee

from app import calendar, clock, tick
from app.db import writing
from app.inspections.draws import chance_now
from app.inspections.plans import Ground, Plan
from app.inspections.recurrence import ONE_DAY
from app.inspections.rounds_due import Round

HORIZON = 7 * ONE_DAY  # how far ahead rounds stand in the list
AT_MOST = 200  # rounds that were missed, noted in one act


def build_rounds(now: datetime | None = None) -> list[Round]:
    """Rounds of all plans up to a week ahead, each once; those that the calendar no longer wants are taken back.
    What should have been built while nothing ran is built now, and is missed."""
    today, ground, built = clock.local(now or clock.now()).date(), None, []
    with writing():
        plans = list(Plan.in_force())
        known = _known([plan.series for plan in plans], today)
        for plan in plans:
            last, days = known.get(plan.series, (None, {}))
            low = max(plan.since, min(last + ONE_DAY, today) if last else plan.since)
            high = today - ONE_DAY if plan.spot else today + plan.ahead * ONE_DAY + HORIZON
            due = plan.due_days(low, high)
            if not plan.spot:
                _take_back_unwanted(days, set(due), now or clock.now())
            for day in due:
                if day in days:
                    continue
                ground = ground or Ground.now()
                round = _undrawn(plan, day) if plan.spot else Round.build(plan, day, ground)
                built += [round] if round is not None else []
    return built


def _known(series: list[int], today: date) -> dict[int, tuple[date, dict[date, Round]]]:
    """The newest due day of each plan, and its rounds from today on. Two queries."""
    standing = Round.select().where(Round.series.in_(series), Round.withdrawn_at.is_null())
    newest = standing.select(Round.series, peewee.fn.MAX(Round.due_on)).group_by(Round.series).tuples()
    found = {key: (date.fromisoformat(last) if isinstance(last, str) else last, {}) for key, last in newest}
    for round in standing.where(Round.due_on >= today):
        found[round.series][1][round.due_on] = round
    return found


def _take_back_unwanted(rounds: dict[date, Round], due: set[date], now: datetime) -> None:
    gone = [round.id for day, round in rounds.items() if day not in due and round.opens_at > now]
    if gone:
        Round.update(withdrawn_at=clock.now()).where(Round.id.in_(gone)).execute()


def _undrawn(plan: Plan, due_on: date) -> Round | None:
    """The window of a spot check went by while nothing ran that could draw: that it was missed is a fact too."""
    opens, closes, ends = plan.window(due_on)
    return Round._lay(plan, due_on, (), spot=True, opens_on=due_on - plan.ahead * ONE_DAY, opens_at=opens,
                      closes_at=closes, ends_at=ends)  # fmt: skip


_lots = SystemRandom()


def draw_spots(now: datetime, before: datetime | None = None, lot: Any = None) -> list[Round]:
    """Draw spot checks whose moment has come. The moment is stored nowhere ahead: at each tick a lot decides, so that
    every minute of school in the window is as likely as any other. `before` is the tick before."""
    today, drawn = clock.local(now).date(), []
    for plan in Plan.in_force().where(Plan.spot > 0):
        for due_on in plan.due_days(today, today + plan.ahead * ONE_DAY):
            opens, closes, _ends = plan.window(due_on)
            since = max(opens, before or now - timedelta(minutes=1))
            passed, left = (calendar.school_time(since, until).total_seconds() for until in (min(now, closes), closes))
            if passed > 0 and (lot or _lots.random)() < chance_now(passed, left):
                drawn.append(Round.draw_for(plan, due_on))
    return [round for round in drawn if round is not None]


def _draw_spots(now: datetime) -> None:
    beat = tick.Beat.get_or_none(tick.Beat.name == "inspections.draws")
    draw_spots(now, beat.at if beat is not None else None)


def note_missed(now: datetime) -> None:
    """Write down what ran out of time, and tell those who should know."""
    with writing():
        missed = Round.whole().where(Round.was_missed(now), Round.missed_at.is_null()).order_by(Round.ends_at)
        for round in missed.limit(AT_MOST):
            round.note_missed(now)


tick.work(build_rounds, "inspections.rounds")
tick.work(_draw_spots, "inspections.draws")
tick.work(note_missed, "inspections.missed")
