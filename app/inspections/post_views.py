"""Cleaning posts: who keeps what clean, how far the day is on each floor, and for the office how each post does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import peewee
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import clock, journal
from app.excel.listing import Listing, listing_pages
from app.excel.out import Col
from app.inspections import posts
from app.inspections.cleaning_posts import Post, PostArea
from app.inspections.models import Check
from app.inspections.post_forms import CloseForm, PostForm, StandInForm
from app.inspections.views import bp
from app.people.models import Person
from app.places.models import Place
from app.web import allow, get_or_404, me, render, say

TEN_POINTS = 1000  # averages are said of ten points, whatever a checklist adds up to


# The posts --------------------------------------------------------------------------------------------------


@bp.get("/posts")
@allow("posts.list")
def post_list() -> ResponseReturnValue:
    """All posts with their people, hours and how many areas."""
    counts = _areas_of_posts()
    return render("inspections/posts.html", posts=list(Post.in_use()), counts=counts, today=clock.today())


def _areas_of_posts() -> dict[int, int]:
    rows = PostArea.select(PostArea.post, peewee.fn.COUNT(PostArea.id)).where(PostArea.until.is_null())
    return dict(rows.group_by(PostArea.post).tuples())


@bp.get("/posts/add")
@allow("posts.edit")
def post_add() -> ResponseReturnValue:
    return render("inspections/post_edit.html", form=PostForm(), post=None)


@bp.post("/posts/add")
@allow("posts.edit")
def post_added() -> ResponseReturnValue:
    form = PostForm(request.form)
    if not form.validate():
        return render("inspections/post_edit.html", status=422, form=form, post=None)
    facts = form.facts
    post = Post.add(me(), facts["name"], facts["person"], form.chosen, facts["hours"], facts["note"])
    say(_("The post %(name)s is made.", name=post.name))
    return redirect(url_for(".post_show", id=post.id), 303)


@bp.get("/posts/<int:id>")
@allow("posts.list")
def post_show(id: int) -> ResponseReturnValue:
    return _post_page(get_or_404(Post.in_use(), id))


def _post_page(post: Post, status: int = 200, **forms: Any) -> ResponseReturnValue:
    areas = posts.day_at(post.places(), cycles=tuple(posts.CYCLES))
    return render(
        "inspections/post.html", status=status, post=post, areas=areas, today=clock.today(),
        standing=forms.get("standing") or StandInForm(), closing=forms.get("closing") or CloseForm(),
        events=list(journal.about(thing=post)),
    )  # fmt: skip


@bp.get("/posts/<int:id>/edit")
@allow("posts.edit")
def post_edit(id: int) -> ResponseReturnValue:
    post = get_or_404(Post.in_use(), id)
    return render("inspections/post_edit.html", form=PostForm(None, post), post=post)


@bp.post("/posts/<int:id>/edit")
@allow("posts.edit")
def post_edited(id: int) -> ResponseReturnValue:
    post = get_or_404(Post.in_use(), id)
    form = PostForm(request.form, post)
    if not form.validate():
        return render("inspections/post_edit.html", status=422, form=form, post=post)
    post.change(me(), places=form.chosen, **form.facts)
    say(_("Kept."))
    return redirect(url_for(".post_show", id=id), 303)


@bp.post("/posts/<int:id>/stand-in")
@allow("posts.edit")
def post_stand_in(id: int) -> ResponseReturnValue:
    post, form = get_or_404(Post.in_use(), id), StandInForm(request.form)
    if not form.validate():
        return _post_page(post, 422, standing=form)
    post.stand_in(me(), form.substitute.data, form.first.data, form.last.data)
    say(_("%(name)s stands in.", name=form.substitute.data.name))
    return redirect(url_for(".post_show", id=id), 303)


@bp.post("/posts/<int:id>/back")
@allow("posts.edit")
def post_back(id: int) -> ResponseReturnValue:
    """Nobody stands in any more."""
    get_or_404(Post.in_use(), id).end_stand_in(me())
    return redirect(url_for(".post_show", id=id), 303)


@bp.post("/posts/<int:id>/close")
@allow("posts.edit")
def post_close(id: int) -> ResponseReturnValue:
    post, form = get_or_404(Post.in_use(), id), CloseForm(request.form)
    if not form.validate():
        return _post_page(post, 422, closing=form)
    post.close(me(), form.reason.data)
    say(_("The post %(name)s is closed.", name=post.name))
    return redirect(url_for(".post_list"), 303)


# Today, floor by floor --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Floor:
    """The areas of one floor, and how many are finished."""

    where: str
    areas: list[posts.Area]

    @property
    def finished(self) -> int:
        return sum(area.finished for area in self.areas)


@bp.get("/posts/today")
@allow("posts.list")
def posts_today() -> ResponseReturnValue:
    """How far the day's cleaning is, floor by floor; asks again by itself every half minute."""
    cleaned = Place.rooms().where(Place.cleaner.is_null(False)).order_by(Place.parent, Place.position, Place.id)
    areas = [area for area in posts.day_at(cleaned) if area.tasks]
    floors = [Floor(where, list(group)) for where, group in groupby(areas, lambda area: area.place.where)]
    return render(
        "inspections/posts_today.html", "inspections/_posts_today.html", floors=floors, names=_names(areas),
        finished=sum(floor.finished for floor in floors), count=len(areas), now=clock.now(),
    )  # fmt: skip


def _names(areas: Sequence[posts.Area]) -> dict[int, str]:
    """Who cleans each area today, by place: the post's stand-in, its holder, or the cleaner of the place."""
    ids = [area.place.id for area in areas]
    rows = PostArea.select(PostArea.place, PostArea.post).where(PostArea.place.in_(ids), PostArea.until.is_null())
    known, today = {post.id: post for post in Post.in_use()}, clock.today()
    names = {}
    for place, post in rows.tuples():
        person = known[post].on(today) if post in known else None
        names[place] = _(", ").join(filter(None, [known[post].name, person.name if person else ""]))
    cleaners = Person.select().where(Person.id.in_([area.place.cleaner_id for area in areas]))
    by_id = {person.id: person.name for person in cleaners}
    return {area.place.id: names.get(area.place.id) or by_id.get(area.place.cleaner_id, "") for area in areas}


# Month by month, for the office alone -----------------------------------------------------------------------


@dataclass(frozen=True)
class PostMonth:
    """A post in a month: how many checks of its areas, their mean of ten points, on how many days it ticked off."""

    post: Post
    checks: int
    mean: int | None
    days: int


def month_of(first: date) -> list[PostMonth]:
    """All posts in a month; a check counts for the post that the area belonged to on its day. Three queries."""
    last = posts.span("month", first)[1]
    held = (PostArea.since <= Check.day) & (PostArea.until.is_null() | (PostArea.until > Check.day))
    base = Check.select().join(PostArea, on=(PostArea.place == Check.place)).where(held, Check.day.between(first, last))
    mean = peewee.fn.AVG(Check.total * (TEN_POINTS * 1.0) / Check.full)
    scored = base.where(Check.total.is_null(False), Check.class_group.is_null(), Check.full > 0)
    scored = scored.select(PostArea.post, peewee.fn.COUNT(Check.id), mean).group_by(PostArea.post)
    ticked = base.where(Check.slug == posts.CYCLES["day"]).select(PostArea.post, peewee.fn.COUNT(Check.day.distinct()))
    means = {post: (count, mean) for post, count, mean in scored.tuples()}
    days = dict(ticked.group_by(PostArea.post).tuples())
    return [
        PostMonth(post, means.get(post.id, (0,))[0], _whole(means.get(post.id)), days.get(post.id, 0))
        for post in Post.in_use()
    ]


def _whole(found: tuple[int, float] | None) -> int | None:
    return None if found is None else int(found[1] + 0.5)


def asked_month() -> date:
    """The first day of the month in the address, of this month as it stands."""
    try:
        day = date.fromisoformat(f"{request.args.get('month', '')[:7]}-01")
    except ValueError:
        day = clock.today().replace(day=1)
    return day if date(2000, 1, 1) <= day <= clock.today() else clock.today().replace(day=1)


@bp.get("/posts/months")
@allow("posts.months")
def post_months() -> ResponseReturnValue:
    """The monthly average of each post; for the office, never for others."""
    first = asked_month()
    return render(
        "inspections/post_months.html", rows=month_of(first), month=first,
        earlier=(first - timedelta(days=1)).replace(day=1),
        later=posts.span("month", first)[1] + timedelta(days=1),
    )  # fmt: skip


def months_listing() -> Listing:
    first = asked_month()
    columns = [
        Col(_("Cleaning post")), Col(_("Who holds it")), Col(_("Checks"), "int"),
        Col(_("Average of ten points"), "points"), Col(_("Days ticked off"), "int"),
    ]  # fmt: skip

    def dress(rows: list[PostMonth]) -> Iterator[Sequence[Any]]:
        for row in rows:
            yield [row.post.name, row.post.person.name if row.post.person else "", row.checks, row.mean, row.days]

    back = url_for("inspections.post_months", month=first.isoformat()[:7])
    return Listing(_("Cleaning posts"), columns, month_of(first), dress, (first.isoformat()[:7],), back, first)


listing_pages(bp, "posts.months", "/posts/months/list", months_listing, "post_months")
