"""Every action's name, who may do it, and its sentence. One table; each route names its line.

Besides the roles that are given, three stand for how someone comes: `staff` (any account), `card` (a phone
signed in by a duty card) and `anyone` (not signed in).
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

ROLES = {
    "principal": _l("principal / Party secretary"),
    "vice_principal": _l("vice-principal in charge"),
    "director": _l("General Affairs director"),
    "custodian": _l("property custodian"),
    "finance": _l("finance"),
    "electrician": _l("electrician"),
    "cleaner": _l("cleaner"),
    "canteen_manager": _l("canteen manager"),
    "cook": _l("cook"),
    "counsellor": _l("Young Pioneer counsellor"),
    "guard": _l("guard"),
    "teacher": _l("teacher"),
}
# What each role is for, in one line: it stands beside the box where the role is given.
DUTIES = {
    "principal": _l("sees everything, agrees to what is valuable"),
    "vice_principal": _l("sees everything, agrees to what is valuable"),
    "director": _l("runs the office: staff, property, repairs, checks"),
    "custodian": _l("keeps the ledger, prints labels, lends and takes back"),
    "finance": _l("sees property with prices, marks what is reimbursed"),
    "electrician": _l("takes repairs and reports them fixed"),
    "cleaner": _l("ticks off the day's cleaning in the own areas"),
    "canteen_manager": _l("answers for the canteen"),
    "cook": _l("works in the canteen"),
    "counsellor": _l("makes duty cards, scores classes, corrects marks"),
    "guard": _l("checks and takes gate passes"),
    "teacher": _l("reports damage, sees the own rooms and loans"),
}
# What follows from what someone answers for; shown on the page of permissions, never given by hand.
DERIVED = {
    "class_teacher": _l("class teacher"),
    "room_keeper": _l("room keeper"),
    "office_head": _l("office head"),
    "grade_admin": _l("administrator of a grade"),
}
DERIVED_FROM = {
    "class_teacher": _l("Entered as teacher of a class: sees the results of the class and what its room holds."),
    "room_keeper": _l("Entered as keeper of a room: sees its property, its reports and what was done there."),
    "office_head": _l("Entered as head of an office: sees what the people of the office hold."),
    "grade_admin": _l("Entered as administrator of a grade: sees results, rooms and reports of its classes."),
}
# How someone comes; what these may, everybody of that kind may.
COMES_AS = {
    "staff": _l("everybody with an account"),
    "card": _l("a phone on duty with a duty card"),
    "anyone": _l("not signed in"),
}

LEADERS = ("principal", "vice_principal")
OFFICE = ("director", "custodian")


@dataclass(frozen=True)
class Permission:
    sentence: Any
    roles: frozenset[str]


def _to(sentence: Any, *roles: str) -> Permission:
    return Permission(sentence, frozenset(roles))


PERMISSIONS = {
    # people
    "people.self": _to(_l("see and change the own account"), "staff"),
    "people.list": _to(_l("see the list of staff"), "director", "custodian", *LEADERS),
    "people.edit": _to(_l("add and change accounts, give roles, switch accounts off"), "director"),
    "people.permissions": _to(_l("see who may do what"), "staff"),
    "people.find": _to(_l("find a colleague by name when filling a form"), "director", "custodian", "electrician"),
    "cards.manage": _to(_l("make, print and cancel duty cards"), "director", "counsellor"),
    # calendar
    "calendar.list": _to(_l("see terms, holidays and school hours"), "staff"),
    "calendar.edit": _to(_l("enter terms, holidays, swap days and school hours"), "director"),
    # places
    "places.list": _to(_l("see buildings, rooms and classes"), "staff"),
    "places.history": _to(
        _l("read the story of every place (of the own ones: everybody)"), *OFFICE, *LEADERS, "electrician"
    ),
    "places.edit": _to(_l("add and change places and classes"), "director", "custodian"),
    # notices
    "notify.own": _to(_l("read the own notices"), "staff"),
    "notify.channels": _to(_l("enter group robots and mail lists, and choose what each is told"), "director"),
    # assets
    "assets.list": _to(_l("see assets (those of the own rooms, office and name, or all)"), "staff"),
    "assets.all": _to(_l("see all assets, whoever holds them"), *OFFICE, *LEADERS, "finance"),
    "assets.value": _to(_l("see prices, suppliers and sources of funds"), *OFFICE, *LEADERS, "finance"),
    "assets.edit": _to(_l("add and change assets and categories"), *OFFICE),
    "assets.move": _to(
        _l("count, enter more, take off, split and merge in the ledger; reverse wrong entries"), *OFFICE
    ),
    # receiving
    "receiving.request": _to(_l("ask for something to be bought, follow the own requests"), "staff"),
    "receiving.list": _to(_l("see deliveries (those they are named on, or all)"), "staff"),
    "receiving.all": _to(_l("see all deliveries and requests to buy"), *OFFICE, *LEADERS, "finance"),
    "receiving.add": _to(_l("enter deliveries, make wrong ones void"), *OFFICE),
    "receiving.accept": _to(_l("accept a delivery with a second person, when named on it"), "staff"),
    "receiving.stock": _to(_l("stock in what was accepted"), *OFFICE),
    "receiving.enter": _to(_l("enter what is in stock in the ledger"), *OFFICE),
    "receiving.reimburse": _to(_l("mark a delivery reimbursed"), "finance"),
    # disposals
    "disposals.list": _to(_l("see write-offs (those they are asked about, or all)"), "staff"),
    "disposals.ask": _to(_l("ask for things to be written off, carry out what was agreed"), *OFFICE),
    "class_property.list": _to(_l("see and sign the property list of the own class, or see all"), "staff"),
    "class_property.all": _to(_l("see the property lists of all classes"), *OFFICE, *LEADERS),
    "class_property.manage": _to(_l("make class property lists and sign them for the office"), *OFFICE),
    "class_property.publish": _to(_l("confirm and publish the results of the class property lists"), "director"),
    "compensations.list": _to(_l("see compensation (of the own class, or all)"), "staff"),
    "compensations.all": _to(_l("see all compensation records"), *OFFICE, *LEADERS, "finance"),
    "compensations.record": _to(_l("record damage to be compensated, waive it"), *OFFICE),
    "compensations.settle": _to(_l("enter the receipt of a compensation"), *OFFICE, "finance"),
    # paper
    "paper.print": _to(_l("print the slips that they may see"), "staff"),
    # approvals
    "approvals.answer": _to(_l("agree to what waits for them, or refuse it with a reason; name a deputy"), "staff"),
    # labels
    "labels.print": _to(_l("print labels and keep sheet sizes"), *OFFICE),
    "labels.codes": _to(_l("bind, retire and reprint label codes"), *OFFICE),
    # custody
    "custody.own": _to(_l("see what is held in the own name"), "staff"),
    "custody.all": _to(_l("see who holds what"), *OFFICE, *LEADERS),
    "custody.lend": _to(_l("lend, hand out and take back"), *OFFICE),
    "custody.request": _to(_l("ask to borrow something or to be issued it, follow the own requests"), "staff"),
    "custody.gate": _to(_l("check gate passes and let the things out"), "guard", "director"),
    # leavers
    "clearance.own": _to(_l("see the own clearance, hand over, tick the own boxes"), "staff"),
    "clearance.all": _to(_l("see all clearances of leavers"), *OFFICE, *LEADERS),
    "clearance.run": _to(_l("open clearances of leavers, hand over, certify; edit the list of boxes"), *OFFICE),
    # stocktakes
    "stocktakes.run": _to(_l("begin stock-takes, give the reasons of differences"), *OFFICE),
    "stocktakes.all": _to(_l("see all stock-takes"), *OFFICE, *LEADERS, "finance"),
    "stocktakes.count": _to(_l("count and sign at a stock-take, when named in its team"), "staff"),
    # transfers
    "transfers.ask": _to(_l("ask for a transfer, see the own ones and those they have to agree to"), "staff"),
    "transfers.all": _to(_l("see all transfers"), *OFFICE, *LEADERS),
    # repairs
    "repairs.report": _to(_l("report damage"), "staff", "card", "anyone"),
    "repairs.list": _to(_l("see reports (the own ones and those of the own rooms, or all)"), "staff"),
    "repairs.all": _to(_l("see all reports"), *OFFICE, *LEADERS, "electrician"),
    "repairs.report_for": _to(_l("file a report for a caller"), *OFFICE, "electrician"),
    "repairs.accept": _to(_l("accept reports, send wrong ones back with a reason"), "director", "electrician"),
    "repairs.void": _to(_l("make a report void, with the reason"), "director"),
    "repairs.fix": _to(_l("take a repair and report it fixed"), "director", "electrician"),
    "repairs.assign": _to(_l("send someone to a repair, or someone else"), "director"),
    "repairs.extend": _to(_l("ask for more time for a repair, with the reason"), "director", "electrician"),
    "repairs.grant": _to(_l("give a repair more time, or refuse it"), "director"),
    "repairs.approve": _to(_l("approve repairs of class property and contractors' quotes"), "director"),
    "repairs.send_out": _to(_l("hand a repair to a contractor, enter the bill"), "director", "electrician"),
    "repairs.routes": _to(_l("say which damage goes to whom"), "director"),
    "repairs.upkeep": _to(_l("make rules of preventive work, pause and change them"), "director"),
    "repairs.confirm": _to(_l("confirm a repair or send it back"), "staff"),
    "repairs.records": _to(
        _l("see the repair record, print it and take it as a sheet"), *OFFICE, *LEADERS, "electrician"
    ),
    "repairs.analysis": _to(_l("see what breaks where, why and at what cost"), *OFFICE, *LEADERS),
    "repairs.sign": _to(_l("sign the repair record of a month or term"), *LEADERS),
    "repairs.publish": _to(
        _l("settle causes, publish the damage of classes, plan repairs for the holidays"), "director"
    ),
    "repairs.damage": _to(_l("see the published damage of the own class, write down what was done about it"), "staff"),
    # inspections
    "inspections.score": _to(_l("score a class"), "card", "director", "counsellor", *LEADERS),
    "inspections.check": _to(_l("check toilets and public areas"), "director", "custodian", *LEADERS),
    "inspections.answer": _to(
        _l("go through the checklists of rooms, machines and the campus that name the own role"), "staff"
    ),
    "inspections.tick": _to(_l("tick off the day's cleaning"), "cleaner", "director"),
    "inspections.walk": _to(_l("walk the rounds that are theirs, see which rounds wait"), "staff", "card"),
    "inspections.doors": _to(_l("see when and in which order the doors of a round were done"), *OFFICE, *LEADERS),
    "posts.list": _to(_l("see the cleaning posts and how far the day's cleaning is"), *OFFICE, *LEADERS),
    "posts.edit": _to(_l("make and change cleaning posts, say who stands in"), *OFFICE),
    "posts.months": _to(_l("see the monthly average of each cleaning post"), *OFFICE),
    "inspections.results": _to(
        _l("see results by class and day (the own class, or all; a card: what it scored today)"), "staff", "card"
    ),
    "inspections.all": _to(_l("see all results with who gave them"), "director", "counsellor", *LEADERS),
    "inspections.correct": _to(_l("correct a mark, with a reason"), "director", "counsellor"),
    "inspections.plan": _to(
        _l("plan who checks what and when, draw spot checks, excuse rounds"), "director", "counsellor"
    ),
    "inspections.edit": _to(_l("see and edit checklists"), "director", "counsellor"),
    "inspections.weeks": _to(_l("see the weeks: scores, ranking, red flags"), "staff"),
    "inspections.appeal": _to(_l("appeal against points taken from the own class"), "staff"),
    "inspections.rules": _to(_l("set the rules of the week, excuse classes"), "director", "counsellor"),
    "inspections.lock": _to(_l("lock a week, reopen one with a reason"), "director", "counsellor"),
    "inspections.findings": _to(_l("see what checks found and what came of it"), *OFFICE, "counsellor", *LEADERS),
    "inspections.turn": _to(_l("judge anew what a check found, withdraw or hand over what is to be cleaned"), *OFFICE),
    "inspections.follow_up": _to(
        _l("see what is to be cleaned again (in the own areas, or all), report it done"), "staff"
    ),
    "hazards.list": _to(_l("see hazards (the own ones and those of the own rooms, or all)"), "staff"),
    "hazards.all": _to(_l("see the hazard book"), *OFFICE, *LEADERS),
    "hazards.report": _to(_l("register a hazard"), "staff"),
    "hazards.manage": _to(_l("say who puts a hazard right and by when, recheck it and close it"), *OFFICE),
    # reports
    "reports.property": _to(
        _l("see reports of all property, print them and take them as sheets"), *OFFICE, *LEADERS, "finance"
    ),
    # photos
    "photos.remove": _to(_l("remove a photo from a record, with the reason"), "director"),
    # home
    "home.desk": _to(_l("see what waits on the home page"), "staff", "card"),
}


def sentences_of(role: str) -> list[Any]:
    """What a role may do beyond what everybody with an account may, in sentences."""
    return [permission.sentence for permission in PERMISSIONS.values() if role in permission.roles]


def holds(action: str, roles: frozenset[str]) -> bool:
    return not PERMISSIONS[action].roles.isdisjoint(roles)
