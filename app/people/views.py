"""Signing in and out, the own account, staff, offices, and who may do what."""

from urllib.parse import urlsplit

import peewee
from flask import Blueprint, Response, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms import Form

from app import journal
from app.errors import Refused
from app.excel.listing import listing_pages
from app.excel.views import import_pages
from app.fields import SHOWN, PersonField, clean
from app.people import permissions as table
from app.people import qr
from app.people.forms import (
    LanguageForm,
    OfficeForm,
    PasswordForm,
    PersonForm,
    ReasonForm,
    SignInForm,
    StaffFilter,
)
from app.people.guessing import person_for
from app.people.importing import StaffImporter
from app.people.listing import staff as staff_that_fit
from app.people.listing import staff_listing
from app.people.models import Office, Person, SignIn, roles_of
from app.people.session import begin_as_person, leave
from app.web import Page, allow, done, get_or_404, own_path, public, render, say, shown_once

bp = Blueprint("people", __name__, url_prefix="/people")
import_pages(bp, StaffImporter, "people.edit")
listing_pages(bp, "people.list", "/list", staff_listing)

EVENTS_SHOWN = 20
# What someone reaches who still has the first password.
BEFORE_THE_PASSWORD = ("people.password", "people.change_password", "people.sign_out", "home.choose_language")


@bp.before_app_request
def first_things_first() -> ResponseReturnValue | None:
    """Note the day of the visit; a first password is changed before anything else is done."""
    if request.endpoint == "static_file" or "_user_id" not in session:
        return None
    if not current_user.is_authenticated or current_user.is_card:
        return None
    try:
        current_user.sign_in_now.seen()
    except peewee.OperationalError:
        pass  # a full disk or a busy database keeps nobody from reading
    if not current_user.must_change or request.endpoint in BEFORE_THE_PASSWORD:
        return None
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return done(url_for("people.password", next=here))


# Signing in and out -----------------------------------------------------------------------------------------


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated and not current_user.is_card:
        return redirect(where_next(), 303)
    return sign_in_page(SignInForm())


# A resent sign-in only signs in again; and no fingerprint of a password may be kept (see once.py).
@bp.post("/sign-in")
@public(once_only=False)
def enter() -> ResponseReturnValue:
    form = SignInForm(request.form)
    if not form.validate():
        return sign_in_page(form, 422)
    try:
        person = whose(form)
    except Refused as refused:
        return sign_in_page(form, refused.status, refused.sentence)
    begin_as_person(person, stay=form.stay.data)
    return redirect(where_next(), 303)


def whose(form: SignInForm) -> Person:
    return person_for(
        form.name.data,
        form.password.data,
        address=request.remote_addr or "",
        device=session.get("device", ""),
        tries=current_app.config["SIGN_IN_TRIES"],
        tries_address=current_app.config["SIGN_IN_TRIES_ADDRESS"],
    )


def sign_in_page(form: SignInForm, status: int = 200, problem: str = "") -> Response:
    following = own_path(request.args.get("next")) or came_from()
    return render(
        "people/sign_in.html", status=status, form=form, problem=problem, next=following,
        code=qr.drawn(base := current_app.config["BASE_URL"]), scannable=not is_loopback(base),
    )  # fmt: skip


def is_loopback(address: str) -> bool:
    """Whether no other device can open this address, so that showing its code would be of no use."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def came_from() -> str | None:
    """The page of ours whose “sign in” was tapped: back there afterwards, but not to another account page."""
    path = own_path(request.referrer) if request.method == "GET" else None
    return None if path is None or path.startswith("/people/") else path


def where_next() -> str:
    return own_path(request.args.get("next")) or url_for("home.desk")


@bp.post("/sign-out")
@public(once_only=False)
def sign_out() -> ResponseReturnValue:
    """End the session of this phone, a person's or a card's."""
    on_duty = current_user.is_card
    leave()
    say(_("Duty has ended on this phone.") if on_duty else _("Signed out on this phone."))
    return done(url_for("home.desk") if on_duty else url_for(".sign_in"))


@bp.post("/sign-out/everywhere")
@allow("people.self")
def sign_out_everywhere() -> ResponseReturnValue:
    current_user.sign_out_everywhere()
    leave()
    say(_("Signed out on all phones and computers."))
    return done(url_for(".sign_in"))


# The own account --------------------------------------------------------------------------------------------


@bp.get("/me")
@allow("people.self")
def me() -> ResponseReturnValue:
    return my_page(LanguageForm(language=current_user.language or current_app.config["LANGUAGE"]))


def my_page(form: LanguageForm, status: int = 200) -> Response:
    phones = list(SignIn.open_of(current_user).limit(50))
    return render("people/me.html", status=status, person=current_user, phones=phones, form=form, ROLES=table.ROLES)


@bp.post("/me/language")
@allow("people.self")
def choose_language() -> ResponseReturnValue:
    form = LanguageForm(request.form)
    if not form.validate():
        return my_page(form, 422)
    current_user.change(current_user._get_current_object(), language=form.language.data)
    return done(url_for("home.choose_language", code=form.language.data, next=url_for(".me")))


@bp.post("/me/phones/<int:id>/end")
@allow("people.self")
def end_phone(id: int) -> ResponseReturnValue:
    """Sign one lost or borrowed phone out."""
    get_or_404(SignIn.open_of(current_user), id).end_from_afar()
    say(_("That phone is signed out."))
    return done(url_for(".me"))


@bp.get("/password")
@allow("people.self")
def password() -> ResponseReturnValue:
    return password_page(PasswordForm(person=current_user))


def password_page(form: PasswordForm, status: int = 200) -> Response:
    following = own_path(request.args.get("next"))
    return render("people/password.html", status=status, form=form, first=current_user.must_change, next=following)


# Not once-only: no quick fingerprint of a password may be kept. Sent again, the new password is the present one.
@bp.post("/password")
@allow("people.self", once_only=False)
def change_password() -> ResponseReturnValue:
    person, form = current_user._get_current_object(), PasswordForm(request.form, person=current_user)
    if sent_again(person):
        return redirect(where_next(), 303)
    if not form.validate() or not old_is_right(person, form):
        return password_page(form, 422)
    try:
        person.set_password(form.new.data, by=person)
    except Refused as refused:
        form.new.errors = [refused.sentence]
        return password_page(form, refused.status)
    say(_("The new password holds from now on. Other phones were signed out."))
    return done(where_next())


def sent_again(person: Person) -> bool:
    """The same form a second time: what it calls the new password is the present one, the old one is not."""
    new, old = request.form.get("new", "")[:200], request.form.get("old", "")[:200]
    return not person.must_change and new != old and bool(new) and person.has_password(new)


def old_is_right(person: Person, form: PasswordForm) -> bool:
    """True when the present password fits or need not be given. Guessing it is slowed down like a sign-in."""
    if form.old is None:
        return True
    try:
        right = person.check_again(form.old.data, current_app.config["SIGN_IN_TRIES"])
    except Refused as refused:
        right, sentence = False, refused.sentence
    else:
        sentence = _("That is not the present password.")
    if not right:
        form.old.errors = [sentence]
    return right


# Staff ------------------------------------------------------------------------------------------------------


@bp.get("/", endpoint="list")
@allow("people.list")
def staff() -> ResponseReturnValue:
    form = StaffFilter(request.args)
    form.validate()
    page = Page(staff_that_fit(form, current_user))
    return render(
        "people/list.html", "people/_list.html",
        form=form, page=page, roles=roles_of(page.rows), ROLES=table.ROLES,
    )  # fmt: skip


@bp.get("/find")
@allow("people.find")
def find() -> ResponseReturnValue:
    """Chips for a PersonField while someone types: `?field=person&person=ww`."""
    name = request.args.get("field", "")
    if not (name.isidentifier() and name.isascii() and len(name) <= 40):
        abort(404)
    words = clean(request.args.get(name))[:60]
    field = PersonField().bind(Form(), name)
    field.process(None)
    rows = Person.matching(words).limit(SHOWN) if words else []
    return render("fields/_found.html", field=field, rows=rows)


@bp.get("/<int:id>")
@allow("people.list")
def show(id: int) -> ResponseReturnValue:
    return person_page(get_or_404(Person.visible_to(current_user), id), ReasonForm())


def person_page(person: Person, form: ReasonForm, status: int = 200) -> Response:
    events = journal.about(thing=person).limit(EVENTS_SHOWN)
    return render("people/show.html", status=status, person=person, form=form, events=events, table=table)


@bp.get("/add")
@allow("people.edit")
def add() -> ResponseReturnValue:
    return form_page(PersonForm())


def form_page(form: PersonForm, status: int = 200, person: Person | None = None) -> Response:
    return render("people/form.html", status=status, form=form, person=person, table=table)


@bp.post("/add")
@allow("people.edit")
def create() -> ResponseReturnValue:
    form = PersonForm(request.form)
    if not form.validate():
        return form_page(form, 422)
    try:
        person, first = Person.add(by=me_now(), office=office_of(form), **form.fields)
    except Refused as refused:
        return not_taken(form, refused)
    return tell_first_password(person, first, new=True)


def me_now() -> Person:
    return current_user._get_current_object()


def office_of(form: PersonForm) -> Office | None:
    """The chosen office, or the new one that was typed."""
    if form.new_office.data:
        return Office.add(form.new_office.data, me_now())
    return Office.get_by_id(form.office.data) if form.office.data else None


def not_taken(form: PersonForm, refused: Refused, person: Person | None = None) -> Response:
    """A rule about names and phones is told at the form, with everything typed; other rules as usual."""
    if refused.status != 422:
        raise refused
    form.form_errors.append(refused.sentence)
    return form_page(form, 422, person)


def tell_first_password(person: Person, first: str, *, new: bool = False) -> Response:
    """The page that shows a first password, this once. It is in no address, no journal and no list."""
    page = render("people/first_password.html", person=person, first=first, new=new)
    sentence = _("The first password was shown once. If nobody noted it, give a new one here.")
    return shown_once(page, url_for(".show", id=person.id), sentence)


@bp.get("/<int:id>/edit")
@allow("people.edit")
def edit(id: int) -> ResponseReturnValue:
    person = get_or_404(Person.visible_to(current_user), id)
    return form_page(PersonForm(person=person), person=person)


@bp.post("/<int:id>/edit")
@allow("people.edit")
def change(id: int) -> ResponseReturnValue:
    person = get_or_404(Person.visible_to(current_user), id)
    form = PersonForm(request.form, person)
    if not form.validate():
        return form_page(form, 422, person)
    try:
        person.change(me_now(), office=office_of(form), **form.fields)
    except Refused as refused:
        return not_taken(form, refused, get_or_404(Person.visible_to(current_user), id))
    say(_("Saved what you changed for %(name)s.", name=person.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/closure")
@allow("people.edit")
def close(id: int) -> ResponseReturnValue:
    person, form = get_or_404(Person.visible_to(current_user), id), ReasonForm(request.form)
    if not form.validate():
        return person_page(person, form, 422)
    person.close(me_now(), form.reason.data)
    say(_("The account of %(name)s is switched off; all its phones are signed out.", name=person.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/reopening")
@allow("people.edit")
def reopen(id: int) -> ResponseReturnValue:
    person = get_or_404(Person.visible_to(current_user), id)
    person.reopen(me_now())
    say(_("The account of %(name)s is switched on again.", name=person.name))
    return done(url_for(".show", id=id))


@bp.post("/<int:id>/first-password")
@allow("people.edit")
def reset_password(id: int) -> ResponseReturnValue:
    person = get_or_404(Person.visible_to(current_user), id)
    return tell_first_password(person, person.reset_password(me_now()))


# Offices ----------------------------------------------------------------------------------------------------


@bp.get("/offices")
@allow("people.edit")
def offices() -> ResponseReturnValue:
    return offices_page(OfficeForm())


def offices_page(form: OfficeForm, status: int = 200) -> Response:
    return render("people/offices.html", status=status, form=form, offices=Office.with_counts())


@bp.post("/offices")
@allow("people.edit")
def add_office() -> ResponseReturnValue:
    form = OfficeForm(request.form)
    if not form.validate():
        return offices_page(form, 422)
    try:
        office = Office.add(form.name.data, me_now(), form.head.data)
    except Refused as refused:
        form.name.errors = [refused.sentence]
        return offices_page(form, refused.status)
    say(_("Added the office %(name)s.", name=office.name))
    return done(url_for(".offices"))


@bp.get("/offices/<int:id>")
@allow("people.edit")
def office(id: int) -> ResponseReturnValue:
    row = get_or_404(Office.select(), id)
    return office_page(row, OfficeForm(name=row.name, head=row.head))


def office_page(row: Office, form: OfficeForm, status: int = 200) -> Response:
    return render("people/office.html", status=status, form=form, office=row)


@bp.post("/offices/<int:id>")
@allow("people.edit")
def change_office(id: int) -> ResponseReturnValue:
    row, form = get_or_404(Office.select(), id), OfficeForm(request.form)
    if not form.validate():
        return office_page(row, form, 422)
    try:
        row.change(me_now(), form.name.data, form.head.data)
    except Refused as refused:
        form.name.errors = [refused.sentence]
        return office_page(row, form, refused.status)
    say(_("Saved the office %(name)s.", name=row.name))
    return done(url_for(".offices"))


# Who may do what --------------------------------------------------------------------------------------------


@bp.get("/permissions")
@allow("people.permissions")
def permissions() -> ResponseReturnValue:
    """The one table of permissions, read by role."""
    return render("people/permissions.html", table=table, mine=current_user.roles)
