"""Cleaning posts (保洁岗位): who keeps which areas clean, at which hours, and who stands in meanwhile.

A post has its areas; whoever holds the post is entered as cleaner of each of them, so that the scan of a door, the
list of places and the post never say different names.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import peewee
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import clock, journal
from app.db import JSON, Day, Moment, Row, writing
from app.errors import Refused
from app.inspections.checklists import stand_ins
from app.people.models import Person
from app.places.models import Place
from app.places.models import before_close as before_place_closes

MOST_AREAS = 80

journal.says({
    "posts.added": _l("made the cleaning post %(name)s: %(areas)s"),
    "posts.changed": _l("changed the cleaning post %(name)s: %(what)s"),
    "posts.stand_in": _l("%(who)s stands in at the cleaning post %(name)s from %(first)s to %(last)s"),
    "posts.back": _l("nobody stands in at the cleaning post %(name)s any more"),
    "posts.closed": _l("closed the cleaning post %(name)s: %(reason)s"),
})  # fmt: skip
journal.calls({
    "post.name": _l("name"),
    "post.person": _l("whoever holds it"),
    "post.hours": _l("hours"),
    "post.note": _l("what to know"),
    "post.places": _l("areas"),
})  # fmt: skip


class Post(Row):
    """One cleaning post. `hours` are pairs like ["06:30", "11:00"]; the substitute stands in from `away_from` to
    `away_until`, both counted."""

    name = peewee.CharField(60)
    person = peewee.ForeignKeyField(Person, null=True, backref="posts")
    hours = JSON(default=list)
    note = peewee.CharField(200, default="")
    substitute = peewee.ForeignKeyField(Person, null=True, backref="stood_in_posts")
    away_from = Day(null=True)
    away_until = Day(null=True)
    at = Moment(default=clock.now)
    closed_at = Moment(null=True)

    class Meta:
        table_name = "cleaning_post"
        constraints = [
            peewee.Check("away_until >= away_from"),
            peewee.Check("substitute_id is null or (away_from is not null and away_until is not null)"),
            peewee.Check("substitute_id is null or substitute_id <> person_id"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hours_words(self) -> str:
        return _(", ").join(f"{begins}–{ends}" for begins, ends in self.hours)

    def stands_in_on(self, day: date) -> Person | None:
        """Who stands in on a day, if anybody."""
        if self.substitute_id and self.away_from <= day <= self.away_until:
            return self.substitute
        return None

    def on(self, day: date) -> Person | None:
        """Who does the work on a day."""
        return self.stands_in_on(day) or self.person

    # Which there are

    @classmethod
    def in_use(cls) -> peewee.ModelSelect:
        """The open posts with their people, in one query."""
        stand_in, left = Person.alias(), peewee.JOIN.LEFT_OUTER
        return (
            cls.select(cls, Person, stand_in)
            .join(Person, left, on=(cls.person == Person.id), attr="person")
            .join_from(cls, stand_in, left, on=(cls.substitute == stand_in.id), attr="substitute")
            .where(cls.closed_at.is_null())
            .order_by(cls.name, cls.id)
        )

    @classmethod
    def of(cls, who: Any, day: date | None = None) -> peewee.ModelSelect:
        """The ids of the open posts that someone holds or stands in at, today unless said otherwise."""
        return cls.select(cls.id).where(cls.closed_at.is_null(), (cls.person == who.id) | cls._stood_in(who, day))

    @classmethod
    def _stood_in(cls, who: Any, day: date | None = None) -> peewee.Expression:
        day = day or clock.today()
        return (cls.substitute == who.id) & (cls.away_from <= day) & (cls.away_until >= day)

    @classmethod
    def stood_in_by(cls, who: Any, day: date | None = None) -> peewee.ModelSelect:
        """The ids of the areas someone cleans in somebody else's place."""
        posts = cls.select(cls.id).where(cls.closed_at.is_null(), cls._stood_in(who, day))
        return PostArea.select(PostArea.place).where(PostArea.post.in_(posts), PostArea.until.is_null())

    def people(self, day: date | None = None) -> set[int]:
        """The ids of the person who holds it and of whoever stands in on a day."""
        stand_in = self.stands_in_on(day or clock.today())
        return {id for id in (self.person_id, stand_in and stand_in.id) if id}

    @property
    def area_ids(self) -> list[int]:
        """The ids of its areas, in walking order."""
        return [area.place_id for area in self._areas()]

    def places(self) -> list[Place]:
        """Its areas, in walking order, with floor and building."""
        ids = self.area_ids
        found = {place.id: place for place in Place.rooms().where(Place.id.in_(ids))}
        return [found[id] for id in ids if id in found]

    def _areas(self) -> peewee.ModelSelect:
        mine = PostArea.select().where(PostArea.post == self.id, PostArea.until.is_null())
        return mine.order_by(PostArea.position, PostArea.id)

    # Verbs

    @classmethod
    def add(
        cls, by: Person, name: str, person: Person | None, places: Sequence[Place],
        hours: Sequence[Sequence[str]] = (), note: str = "",
    ) -> "Post":  # fmt: skip
        """A new post. Refused (422) when the name is taken or an area belongs to another post."""
        with writing():
            _must_be_free(name)
            post = cls.create(name=name, person=person, hours=[list(each) for each in hours], note=note)
            post._take(by, places)
            areas = _(", ").join(place.name for place in places)
            journal.record("posts.added", post, by, name=name, areas=areas)
        return post

    def change(self, by: Person, places: Sequence[Place] | None = None, **fields: Any) -> None:
        """Another name, holder, hours, note or other areas; areas given up stay known for the days they were its."""
        with writing():
            self._must_be_open()
            changed = [name for name, value in fields.items() if getattr(self, name) != value]
            before = self.person_id
            if "name" in changed:
                _must_be_free(fields["name"])
            for name in changed:
                setattr(self, name, fields[name])
            if self.substitute_id and self.substitute_id == self.person_id:
                self.substitute = self.away_from = self.away_until = None
            self.save()
            if places is not None and [place.id for place in places] != self.area_ids:
                changed.append("places")
                self._leave(by, [id for id in self.area_ids if id not in {place.id for place in places}], before)
                self._take(by, places)
            elif "person" in changed:
                self._enter_cleaner(by, self.places())
            if changed:
                what = [f"post.{name}" for name in changed]
                journal.record("posts.changed", self, by, name=self.name, what=what)

    def stand_in(self, by: Person, substitute: Person, first: date, last: date) -> None:
        """Somebody else does the work from one day to another, both counted; the areas stay the post's."""
        if last < first:
            raise Refused(_("The last day comes before the first."), 422)
        if substitute.id == self.person_id:
            raise Refused(_("%(name)s holds this post already.", name=substitute.name), 422)
        with writing():
            self._must_be_open()
            self.substitute, self.away_from, self.away_until = substitute, first, last
            self.save()
            journal.record("posts.stand_in", self, by, name=self.name, who=substitute.name, first=first.isoformat(),
                           last=last.isoformat())  # fmt: skip

    def end_stand_in(self, by: Person) -> None:
        """Whoever holds the post is back."""
        with writing():
            self._must_be_open()
            if self.substitute_id is None:
                raise Refused(_("Nobody stands in at %(name)s.", name=self.name))
            self.substitute = self.away_from = self.away_until = None
            self.save()
            journal.record("posts.back", self, by, name=self.name)

    def close(self, by: Person, reason: str) -> None:
        """Give the post up; its areas are nobody's until another post has them."""
        with writing():
            self._must_be_open()
            self._leave(by, self.area_ids, self.person_id)
            self.closed_at = clock.now()
            self.save()
            journal.record("posts.closed", self, by, name=self.name, reason=reason)

    def _must_be_open(self) -> None:
        if Post.select().where(Post.id == self.id, Post.closed_at.is_null(False)).exists():
            raise Refused(_("The cleaning post %(name)s is closed.", name=self.name))

    def _take(self, by: Person, places: Sequence[Place]) -> None:
        ids = [place.id for place in places]
        if not ids or len(set(ids)) != len(ids) or len(ids) > MOST_AREAS:
            raise Refused(_("Please choose from 1 to %(most)s areas.", most=MOST_AREAS), 422)
        theirs = PostArea.select(PostArea, Post).join(Post).where(PostArea.place.in_(ids), PostArea.until.is_null())
        kept = {area.place_id: area for area in theirs}
        for area in kept.values():
            if area.post_id != self.id:
                place = next(place for place in places if place.id == area.place_id)
                raise Refused(_("%(place)s belongs to the post %(post)s.", place=place.name, post=area.post.name), 422)
        for position, place in enumerate(places, start=1):
            if place.id in kept:
                PostArea.update(position=position).where(PostArea.id == kept[place.id].id).execute()
            else:
                PostArea.create(post=self, place=place, position=position)
        self._enter_cleaner(by, places)

    def _leave(self, by: Person, ids: Iterable[int], holder: int | None) -> None:
        ids = list(ids)
        mine = (PostArea.post == self.id) & PostArea.place.in_(ids) & PostArea.until.is_null()
        PostArea.update(until=clock.today()).where(mine).execute()
        for place in Place.select().where(Place.id.in_(ids), Place.cleaner == holder):
            place.change(by, cleaner=None)

    def _enter_cleaner(self, by: Person, places: Iterable[Place]) -> None:
        for place in places:
            if place.cleaner_id != self.person_id:
                place.change(by, cleaner=self.person)


class PostArea(Row):
    """An area of a post, from `since` until `until`, that day no longer counted; a place is of one post at a time."""

    post = peewee.ForeignKeyField(Post, backref="area_rows")
    place = peewee.ForeignKeyField(Place, backref="post_areas", index=False)
    position = peewee.IntegerField(default=0)
    since = Day(default=clock.today)
    until = Day(null=True)


Post.add_index(Post.index(Post.name, unique=True, where=Post.closed_at.is_null(), name="cleaning_post_open"))
PostArea.add_index(PostArea.index(PostArea.place, unique=True, where=PostArea.until.is_null(), name="post_area_now"))
PostArea.add_index(PostArea.index(PostArea.place, PostArea.since, name="post_area_of_place"))


def _must_be_free(name: str) -> None:
    if Post.select().where(Post.name == name, Post.closed_at.is_null()).exists():
        raise Refused(_("There is a cleaning post called %(name)s already.", name=name), 422)


def _stands_in(who: Any, place: Place) -> bool:
    return not who.is_card and Post.stood_in_by(who).where(PostArea.place == place.id).exists()


def _leaves_with(place: Place) -> None:
    """A place that is closed is no longer an area of any post."""
    PostArea.update(until=clock.today()).where(PostArea.place == place.id, PostArea.until.is_null()).execute()


stand_ins.append(_stands_in)
before_place_closes.append(_leaves_with)
