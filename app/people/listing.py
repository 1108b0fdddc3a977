"""The list of staff: which people a filter means, and the sheet of them. Never a password, not even as a hash."""

from collections.abc import Iterator, Sequence
from typing import Any

import peewee
from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.excel.listing import Listing
from app.excel.out import Col
from app.people.forms import StaffFilter
from app.people.models import Person, roles_of
from app.people.permissions import ROLES


def staff(form: StaffFilter, who: Any) -> peewee.ModelSelect:
    """Who fits among those that someone may see, by name; what makes no sense finds nobody."""
    conditions = [Person.closed_at.is_null(not form.off.data)]
    if form.words.data:
        conditions.append(Person.fits(form.words.data[:60]))
    if form.role.data:
        conditions.append(Person.id.in_(Person.ids_with_role(form.role.data)))
    if form.office.data:
        conditions.append(Person.office == (int(form.office.data) if form.office.data.isdecimal() else -1))
    return Person.visible_to(who).where(*conditions).order_by(Person.initials, Person.id)


def staff_listing() -> Listing:
    """The sheet of the list. Whole phone numbers only for those who enter them."""
    form = StaffFilter(request.args)
    form.validate()
    whole = current_user.may("people.edit")
    columns = [
        Col(_("Name"), width=12), *((Col(_("Phone number"), width=14),) if whole else ()), Col(_("Office")),
        Col(_("Post")),
        Col(_("Roles"), width=30), Col(_("State"), width=12),
    ]  # fmt: skip

    def dress(people: list[Person]) -> Iterator[Sequence[Any]]:
        roles = roles_of(people)
        for person in people:
            yield [
                person.name, *((person.phone,) if whole else ()), person.office.name if person.office_id else None,
                person.post, _(", ").join(str(ROLES[role]) for role in roles[person.id]), _state(person),
            ]  # fmt: skip

    return Listing(
        _("Staff"), columns, staff(form, current_user), dress, _in_words(form), url_for("people.list", **_args())
    )


def _state(person: Person) -> str:
    if person.closed_at:
        return _("switched off")
    return _("still the first password") if person.must_change else ""


def _in_words(form: StaffFilter) -> list[str]:
    chosen = [
        str(choice.label) for field in (form.role, form.office) for choice in field.choices
        if field.data and choice.value == field.data
    ]  # fmt: skip
    return [form.words.data or "", *chosen, _("switched off") if form.off.data else ""]


def _args() -> dict[str, str]:
    return {name: request.args[name] for name in ("words", "role", "office", "off") if request.args.get(name)}
