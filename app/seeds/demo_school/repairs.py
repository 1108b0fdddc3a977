"""A term at the repair desk: what broke, who waited for what, what it cost, and what was done before it broke.

The desk is played from hour to hour in one line of time, so that numbers, notices and the journal stand in their true
order: two electricians and the technology teacher work off what is reported, each one thing after the other.
"""

import heapq
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from app import calendar, clock
from app.assets.models import Asset
from app.disposals.compensation import Compensation
from app.notify.models import Notice, Telling
from app.people.models import Person
from app.places.models import ClassGroup, Place
from app.repairs import periods, ticks, upkeep
from app.repairs.models import HUMAN, Extension, Ticket
from app.repairs.routes import Route
from app.repairs.summaries import DamageSummary, Measure, SignOff
from app.repairs.upkeep import Rule
from app.seeds.demo_school import checks, faults, hazards
from app.seeds.demo_school.faults import Fault

if TYPE_CHECKING:
    from app.seeds.demo_school import School

DAYS = 88  # the term lies behind today
A_DAY = (2, 3, 4, 4, 4, 5, 6)  # reports on a school day
SHIFTS = ((time(7, 40), time(11, 40)), (time(13, 0), time(17, 0)))  # of who repairs
ROUGH = 4  # classes in which more is broken than in others
TOLD = timedelta(days=21)  # so far back stands in the notices what was late or nearly so
PLANNING = (1, 4)  # on which weekdays planned work opens: it opens days ahead
UNREAD = timedelta(hours=30)  # so far back are notices still unread


def build(school: "School") -> None:
    desk = Desk(school)
    desk.begin()
    checks.Checks(desk).begin()
    hazards.begin(desk)
    desk.run()
    desk.end_of_it()
    clock.set_hands(None)


class Desk:
    """What is to happen, by the moment, and who is busy until when."""

    def __init__(self, school: "School"):
        self.school, self.chance = school, Random("报修")
        self.now_really = clock.now_really()
        self.today, self.days = clock.today_really(), DAYS
        self.line: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
        self.order = count()
        self.director, self.custodian = school.person("director"), school.person("custodian")
        self.electricians = [person for person in school.people.values() if "electrician" in person.given_roles]
        self.technician = school.people["齐信技"]
        self.busy: dict[int, datetime] = {}
        self.rooms = list(school.places.values())
        self.by_room = {group.room_id: group for group in school.classes}
        self.teachers = [person for person in school.people.values() if "teacher" in person.given_roles]
        self.rough = [group.id for group in self.chance.sample(school.classes, ROUGH)]
        self.things: dict[str, list[Asset]] = {}
        self.tired: dict[str, Asset] = {}

    # The line of time

    def at(self, moment: datetime, do: Callable[..., None], *with_what: Any) -> None:
        """Have something happen, unless it lies in the future."""
        if moment < self.now_really:
            heapq.heappush(self.line, (moment.replace(microsecond=0), next(self.order), do, with_what))

    def run(self) -> None:
        while self.line:
            moment, _order, do, with_what = heapq.heappop(self.line)
            clock.set_hands(moment)
            do(*with_what)

    def soon(self, low: float, high: float) -> datetime:
        """Some hours from now."""
        return clock.now() + timedelta(hours=self.chance.uniform(low, high))

    def days_on(self, low: int, high: int) -> datetime:
        """An hour of work, some school days from now."""
        day = calendar.school_days_after(clock.today(), self.chance.randint(low, high))
        return self.at_work(clock.utc(day, time(8, self.chance.randint(0, 59))))

    def at_work(self, moment: datetime) -> datetime:
        """The next moment at which somebody repairs."""
        while True:
            here = clock.local(moment)
            if calendar.is_school_day(here.date()):
                for begins, ends in SHIFTS:
                    if here.time() < ends:
                        return max(moment, clock.utc(here.date(), begins))
            moment = clock.utc(here.date() + timedelta(days=1), SHIFTS[0][0])

    # The days

    def begin(self) -> None:
        first = self.today - timedelta(days=DAYS)
        clock.set_hands(clock.utc(first, time(8)))
        Route.lead(self.director, "media", office=self.school.offices["教技室"])
        for each in faults.RULES:
            self.at(clock.utc(self.today - timedelta(days=each[-1]), time(9)), self.rule, *each)
        self.at(clock.utc(first, time(9, 30)), self.term_rule)
        for number in range(DAYS + 1):
            self.day(first + timedelta(days=number))

    def day(self, day: date) -> None:
        if not calendar.is_school_day(day):
            return
        self.at(clock.utc(day, time(6, 30)), self.early)
        if day > self.today - TOLD:
            self.at(clock.utc(day, time(16, 35)), self.look)
        for _each in range(self.chance.choice(A_DAY)):
            hour = self.chance.choice((7, 8, 8, 9, 9, 10, 11, 12, 13, 14, 15, 16))
            self.at(clock.utc(day, time(hour, self.chance.randint(0, 59))), self.something_breaks)

    def early(self) -> None:
        """What the clock does by itself each morning: planned work opens, what nobody answered is signed off."""
        if clock.today().isoweekday() in PLANNING:
            for ticket in upkeep.open_planned():
                self.plan(ticket)
        ticks.signed_off(clock.now())

    def look(self) -> None:
        ticks.soon(clock.now())
        ticks.late(clock.now())

    # A report

    def something_breaks(self) -> None:
        chance = self.chance
        fault = chance.choices(faults.FAULTS, [each.weight for each in faults.FAULTS])[0]
        place, asset = self.somewhere(fault)
        group = self.by_room.get(place.id)
        ours = fault.ours and group is not None and group.grade == self.school.grade_of[group.id]
        urgent = fault.kind in ("water", "power", "grounds") and chance.random() < 0.12
        cause = chance.choice(fault.causes.split())
        reporter, caller = self.somebody(place, group if ours else None)
        ticket = Ticket.report(
            reporter, place=place, kind=fault.kind, words=fault.words, asset=asset, urgent=urgent, caller=caller,
            class_property=ours, cause=cause if ours else "", talked=cause in HUMAN and chance.random() < 0.8,
        )  # fmt: skip
        if chance.random() < 0.12:
            ticket.join(chance.choice(self.teachers))
        self.handle(ticket, group, cause, fault)

    def found_by_check(self, ticket: Ticket) -> None:
        """What a check reported is mended like anything else."""
        alike = [fault for fault in faults.FAULTS if fault.kind == ticket.kind] or [faults.ANYTHING]
        fault = self.chance.choice(alike)._replace(words=ticket.words)
        self.handle(ticket, self.by_room.get(ticket.place_id), fault.causes.split()[0], fault)

    def handle(self, ticket: Ticket, group: ClassGroup | None, cause: str, fault: Fault) -> None:
        """A class's own property passes by the class teacher and the director; the rest comes to the desk at once."""
        if ticket.state == "noticed":
            self.at(self.soon(0.5, 4), self.apply, ticket, group, cause, fault)
        elif ticket.state == "applied":
            self.at(self.soon(0.2, 3), self.approve, ticket, cause, fault)
        else:
            self.receive(ticket, cause, fault)

    def somewhere(self, fault: Fault) -> tuple[Place, Asset | None]:
        """A room of a fitting kind, or a thing with its room. One of each kind of thing is tired and breaks often."""
        chance = self.chance
        if fault.where in self.school.places:
            return self.school.places[fault.where], None
        things = self.things_called(fault.where)
        if things:
            tired = self.tired.setdefault(fault.where, chance.choice(things))
            asset = tired if chance.random() < 0.22 else chance.choice(things)
            return asset.place, asset
        kinds = fault.where.split()
        rooms = [room for room in self.rooms if room.kind in kinds]
        if kinds == ["classroom"] and chance.random() < 0.35:
            rooms = [room for room in rooms if (group := self.by_room.get(room.id)) and group.id in self.rough] or rooms
        return chance.choice(rooms), None

    def things_called(self, name: str) -> list[Asset]:
        if name not in self.things:
            query = Asset.select(Asset, Place).join(Place).where(Asset.name == name, ~Asset.is_batch).order_by(Asset.id)
            self.things[name] = list(query)
        return self.things[name]

    def somebody(self, place: Place, group: ClassGroup | None) -> tuple[Person | None, Person | None]:
        """Who reports, and for whom: the class teacher or the keeper, someone passing by, nobody known, or the
        electrician who was called."""
        chance = self.chance
        own = self.school.class_teachers[group.id] if group else None
        keeper = own or self.keeper_of(place)
        draw = chance.random()
        if draw < 0.72:
            return keeper, None
        if draw < 0.80:
            return None, None
        if draw < 0.88:
            return chance.choice(self.electricians), keeper
        return chance.choice(self.teachers), None

    def keeper_of(self, place: Place) -> Person:
        group = self.by_room.get(place.id)
        if group:
            return self.school.class_teachers[group.id]
        return place.keeper or self.chance.choice(self.teachers)

    def apply(self, ticket: Ticket, group: ClassGroup, cause: str, fault: Fault) -> None:
        ticket.apply(self.school.class_teachers[group.id], cause, talked=cause in HUMAN)
        self.at(self.soon(0.2, 3), self.approve, ticket, cause, fault)

    def approve(self, ticket: Ticket, cause: str, fault: Fault) -> None:
        ticket.approve(self.director)
        self.receive(ticket, cause, fault)

    def receive(self, ticket: Ticket, cause: str, fault: Fault) -> None:
        """The desk: a wrong one goes back, a second one is merged, the others go to someone."""
        chance, draw = self.chance, self.chance.random()
        if draw < 0.015:
            self.at(self.soon(0.3, 3), ticket.send_back, self.director, "这间教室的钥匙在门卫，没有坏，借用即可")
        elif draw < 0.035:
            self.at(self.soon(0.5, 5), ticket.void, self.director, "试用时误报")
        else:
            worker = self.who_repairs(ticket)
            if chance.random() < 0.3 and ticket.kind != "media":
                self.at(self.soon(0.1, 1.5), self.send, ticket, worker)
            self.go(ticket, worker, cause, fault)
            if draw > 0.975:
                self.at(self.soon(0.05, 0.25), self.report_again, ticket, fault)

    def report_again(self, ticket: Ticket, fault: Fault) -> None:
        """Someone else reports the same; the desk merges the two."""
        second = Ticket.report(self.chance.choice(self.teachers), place=ticket.place, kind=ticket.kind,
                               words=f"还是那个：{fault.words}", asset=ticket.asset)  # fmt: skip
        self.at(self.soon(0.05, 0.5), second.merge, self.director, ticket)

    def who_repairs(self, ticket: Ticket) -> Person:
        if ticket.kind == "media":
            return self.technician
        first, second = self.electricians[:2]
        return first if ticket.place.full_name.startswith(("明德楼", "校园")) else second

    def send(self, ticket: Ticket, worker: Person) -> None:
        if self.fresh(ticket).state in ("reported", "accepted"):
            ticket.assign(self.director, worker)

    # The repair

    def go(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        """When its turn comes: at once if urgent, else after what lies before it; a few are forgotten for a day."""
        chance = self.chance
        wait = 0.1 if ticket.urgent else chance.choice((0.3, 0.5, 1, 2, 3, 5))
        begins = self.at_work(clock.now() + timedelta(hours=wait))
        if not ticket.urgent:
            begins = self.at_work(max(begins, self.busy.get(worker.id, begins)))
        if not ticket.urgent and chance.random() < 0.04:
            begins = self.days_on(2, 3)
        self.busy[worker.id] = begins + timedelta(minutes=fault.minutes + chance.randint(5, 20))
        self.at(begins, self.take, ticket, worker, cause, fault)

    def take(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        chance = self.chance
        if self.fresh(ticket).state not in ("reported", "accepted", "assigned", "reworked"):
            return
        if ticket.state == "assigned" and ticket.worker_id != worker.id:
            worker = next(person for person in self.school.people.values() if person.id == ticket.worker_id)
        ticket.take(worker)
        self.at(self.soon(0.05, 0.3), self.arrive, ticket, worker)
        if chance.random() < 0.08 and ticket.reporter_id:
            self.at(self.soon(0.01, 0.04), self.talk, ticket, worker)
        draw = chance.random()
        if draw < 0.05 and self.firm_for(ticket) and not ticket.urgent:
            self.at(self.soon(0.5, 1.5), self.send_out, ticket, worker, cause, fault)
        elif draw < 0.14 and not ticket.urgent:
            self.at(self.soon(0.4, 0.9), self.hold, ticket, worker, cause, fault)
        else:
            done = clock.now() + timedelta(minutes=fault.minutes * chance.uniform(0.8, 1.6) + 18)
            self.at(done, self.fix, ticket, worker, cause, fault)

    def arrive(self, ticket: Ticket, worker: Person) -> None:
        if self.fresh(ticket).state == "taken" and ticket.arrived_at is None:
            ticket.arrive(worker)

    def talk(self, ticket: Ticket, worker: Person) -> None:
        asked, told = self.chance.choice(faults.ASKS)
        ticket.say(self.person(ticket.reporter_id), asked)
        self.at(self.soon(0.02, 0.1), ticket.say, worker, told)

    def hold(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        """It must wait: mostly with more time asked for and granted, sometimes refused, sometimes forgotten."""
        chance = self.chance
        if self.fresh(ticket).state != "taken":
            return
        reason, note, low, high = chance.choice(faults.DELAYS)
        ticket.wait(worker, reason, note)
        done = self.days_on(low, high)
        if chance.random() < 0.75:
            until = done + timedelta(hours=chance.choice((-6, 3, 8, 24)))
            extension = ticket.extend(worker, reason, max(until, self.soon(8, 20)), note)
            answer = self.soon(0.3, 5)
            if chance.random() < 0.88:
                self.at(answer, extension.grant, self.director)
            else:
                self.at(answer, extension.deny, self.director, "仓库里还有同款，先用上")
        self.at(done, self.go_on, ticket, worker, cause, fault)

    def go_on(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        if self.fresh(ticket).state == "waiting":
            ticket.take(worker)
            self.at(self.soon(0.5, 1.5), self.fix, ticket, worker, cause, fault)

    def firm_for(self, ticket: Ticket) -> tuple | None:
        return next((firm for firm in faults.FIRMS if ticket.kind in firm[0]), None)

    def send_out(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        if self.fresh(ticket).state != "taken":
            return
        _kinds, firm, contact, phone, low, high = self.firm_for(ticket)
        quote = self.chance.randint(low // 10, high // 10) * 1000
        job = ticket.send_out(worker, firm, contact, phone, quote, "上门看过，校内修不了")
        until = self.days_on(2, 6)
        if self.chance.random() < 0.7:
            extension = ticket.extend(worker, "contractor", until + timedelta(hours=9), f"{firm}约好上门")
            self.at(self.soon(0.5, 4), extension.grant, self.director)
        self.at(self.soon(0.5, 6), job.approve, self.director)
        self.at(until, self.firm_comes, ticket, worker, job, cause, fault)

    def firm_comes(self, ticket: Ticket, worker: Person, job: Any, cause: str, fault: Fault) -> None:
        job.arrived(worker)
        self.at(self.soon(1, 3), self.firm_done, ticket, worker, job, cause, fault)

    def firm_done(self, ticket: Ticket, worker: Person, job: Any, cause: str, fault: Fault) -> None:
        guarantee = clock.today() + timedelta(days=180)
        job.finish(worker, max(job.quote - self.chance.choice((0, 0, 2000)), 0), f"3200{job.id:05}", guarantee)
        self.at(self.soon(0.1, 0.5), self.fix, ticket, worker, cause, fault._replace(parts=(), method="other"))

    def fix(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        if self.fresh(ticket).state not in ("taken", "waiting", "reworked"):
            return
        parts = [(name, amount, round(yuan * 100)) for name, amount, yuan in fault.parts]
        minutes = min((10, 20, 30, 60, 120, 240), key=lambda each: abs(each - fault.minutes))
        ticket.fix(worker, fault.method, minutes=minutes, parts=parts, cause=cause, advice=faults.ADVICE.get(cause, ""))
        self.at(self.soon(0.3, 26), self.answer, ticket, worker, cause, fault)
        if ticket.class_property and cause in HUMAN and parts and self.chance.random() < 0.6:
            self.at(self.soon(2, 30), self.compensate, ticket)

    # Afterwards

    def answer(self, ticket: Ticket, worker: Person, cause: str, fault: Fault) -> None:
        chance = self.chance
        reporter = self.person(ticket.reporter_id) if ticket.reporter_id else None
        if self.fresh(ticket).state != "fixed" or reporter is None or chance.random() < 0.2:
            return  # nobody answers: after three school days it is signed off by itself
        late = ticket.on_time is False
        if chance.random() < 0.05:
            ticket.rework(reporter, chance.choice(faults.AGAIN))
            self.go(ticket, worker, cause, fault._replace(parts=()))
            return
        if chance.random() < (0.3 if late else 0.02):
            ticket.confirm(reporter, "unsatisfied", chance.choice(faults.BLAME))
        elif chance.random() < 0.2:
            ticket.confirm(reporter, "mostly")
        else:
            ticket.confirm(reporter, "satisfied", chance.choice(faults.PRAISE))

    def compensate(self, ticket: Ticket) -> None:
        """The office records what it cost; most is paid some days later."""
        record = Compensation.record(
            self.custodian, thing=f"{ticket.place.name}{ticket.kind_word}", cause=ticket.cause, words=ticket.words,
            group=ticket.class_group, ticket=ticket, basis="repair", amount=ticket.parts_cost,
            parents_informed=self.chance.random() < 0.7,
        )  # fmt: skip
        if self.chance.random() < 0.7:
            self.at(self.days_on(1, 6), record.pay, self.custodian, f"票{record.id:06}", True)

    # Preventive work

    def rule(
        self, name: str, words: str, kind: str, where: str, per: str, months: int, ahead: int, worker: str, _ago: int
    ) -> None:
        target = (
            {"category": self.school.categories[where], "per": per} if per else {"place": self.school.places[where]}
        )
        first = clock.today() + timedelta(days=ahead + 1)
        Rule.add(self.director, name, kind, words=words, unit="months", every=months, ahead=ahead, first_on=first,
                 worker=self.school.people[worker], **target)  # fmt: skip

    def term_rule(self) -> None:
        name, words, kind, place = faults.TERM_RULE
        Rule.add(self.director, name, kind, words=words, unit="term", before=7, ahead=14,
                 place=self.school.places[place])  # fmt: skip

    def plan(self, ticket: Ticket) -> None:
        """Planned work is done about its day; one in ten is forgotten."""
        draw, worker = self.chance.random(), self.person(ticket.worker_id) if ticket.worker_id else self.electricians[0]
        if draw < 0.1:
            return
        day = ticket.planned_for + timedelta(days=4 if draw < 0.2 else -self.chance.randint(0, 2))
        begins = self.at_work(max(clock.utc(day, time(13, self.chance.randint(0, 59))), self.soon(1, 2)))
        self.at(begins, self.maintain, ticket, worker)

    def maintain(self, ticket: Ticket, worker: Person) -> None:
        ticket.take(worker)
        parts = [("滤芯", 1, 12800)] if "滤芯" in ticket.words else []
        self.at(self.soon(0.5, 1.5), self.maintained, ticket, worker, parts)

    def maintained(self, ticket: Ticket, worker: Person, parts: list) -> None:
        ticket.fix(worker, "replaced" if parts else "cleaned", minutes=60, parts=parts)

    # The end

    def end_of_it(self) -> None:
        """Work for the holidays, a rule that rests, and what people have read."""
        self.hands(self.now_really - timedelta(days=2, hours=4))
        begin = calendar.term_end(self.today) + timedelta(days=5)
        for number, (kind, words, place) in enumerate(faults.HOLIDAY_WORK):
            ticket = Ticket.report(self.director, place=self.school.places[place], kind=kind, words=words,
                                   planned_for=begin + timedelta(days=3 * number))  # fmt: skip
            ticket.accept(self.director)
        self._read_and_published()
        self._undecided()
        self.hands(self.now_really - timedelta(days=1, hours=2))
        Rule.get(Rule.name == faults.PAUSED).pause(self.director)
        self._read_notices()

    def _read_and_published(self) -> None:
        """The months but the last are signed; what classes broke in the last but one is published and talked about."""
        months = [month for _words, group in periods.choices() for month in group if month.kind == "month"]
        months = [month for month in reversed(months) if month.end < self.today]
        first = Ticket.select(Ticket.day).order_by(Ticket.day).limit(1).scalar()
        begun = [month for month in months if month.end >= first]
        leader = self.school.person("vice_principal")
        for month in begun[:-1]:
            self.hands(clock.utc(month.end + timedelta(days=4)) + timedelta(hours=9))
            SignOff.sign(month, leader, faults.READ)
        if len(begun) > 1:
            self._publish(begun[-2])

    def _publish(self, month: periods.Period) -> None:
        self.hands(clock.utc(month.end + timedelta(days=5)) + timedelta(hours=15))
        bare = Ticket.select().where(Ticket.day.between(month.start, month.end), Ticket.class_group.is_null(False))
        for ticket in bare.where((Ticket.cause == "") | (Ticket.cause == "unknown")):
            ticket.judge(self.director, "wear")
        if not bare.exists():
            return
        summary = DamageSummary.publish(month, self.director, faults.PUBLISHED)
        worst = next((line for line in summary.classes_for(self.director) if line.human), None)
        if worst is not None and worst.group.teacher_id is not None:
            self.hands(clock.now() + timedelta(days=2))
            Measure.take(worst, worst.group.teacher, "meeting", words=faults.MEASURE)

    def _undecided(self) -> None:
        """For the director to answer: more time, and a contractor's quote."""
        self.hands(self.now_really - timedelta(minutes=50))
        open_ = Ticket.select().where(Ticket.state.in_(("assigned", "waiting", "taken")), Ticket.planned_for.is_null())
        for number, ticket in enumerate(open_.order_by(Ticket.id.desc()).limit(2)):
            worker = self.person(ticket.worker_id)
            if number == 0 and Extension.waiting_of(ticket) is None:
                ticket.extend(worker, "parts", self.now_really + timedelta(days=2), "同型号配件明天到货")
            elif number == 1:
                ticket.send_out(worker, "安居修缮工程队", "石师傅", "13700000083", 86000, "校内修不了，报价附后")

    def _read_notices(self) -> None:
        """Everybody has read what came before yesterday."""
        seen = Telling.select(Telling.id).where(Telling.at < self.now_really - UNREAD)
        Notice.update(read_at=self.now_really - UNREAD).where(Notice.telling.in_(seen)).execute()

    def hands(self, moment: datetime) -> None:
        clock.set_hands(moment.replace(microsecond=0))

    def fresh(self, ticket: Ticket) -> Ticket:
        """How it stands now: others may have had it meanwhile."""
        ticket._standing()
        return ticket

    def person(self, id: int) -> Person:
        return next(person for person in self.school.people.values() if person.id == id)
