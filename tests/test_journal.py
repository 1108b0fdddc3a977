"""The journal: who did what to which thing, when, from which phone in words. Nothing done without a sentence."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import peewee
import pytest
from flask import Flask
from flask_babel import force_locale

from app import journal
from app.config import HERE, LANGUAGES
from app.journal import Event


def recorded() -> Iterator[tuple[str, str]]:
    """Each action that some code records, as (pattern, where); `ledger.{kind}` becomes a pattern."""
    for path in HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "record"
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "journal"
            ):
                yield from ((pattern, f"{path.name}:{node.lineno}") for pattern in patterns(node.args[0]))


def patterns(action: ast.expr) -> list[str]:
    if isinstance(action, ast.Constant):
        return [re.escape(action.value)]
    if isinstance(action, ast.IfExp):
        return patterns(action.body) + patterns(action.orelse)
    if isinstance(action, ast.JoinedStr):
        parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in action.values]
        return ["".join(parts)]
    return []  # a name: the rule that gave it is asked at run time, record() raises KeyError


def test_every_recorded_action_has_a_sentence(app: Flask) -> None:
    known = journal.known_actions()
    missing = [
        f"{where} {pattern}"
        for pattern, where in recorded()
        if not any(re.fullmatch(pattern, action) for action in known)
    ]
    assert missing == []
    assert len(known) > 20


def test_every_sentence_belongs_to_an_action_that_happens(app: Flask) -> None:
    texts = [path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")]
    built = [
        pattern
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr)
        for pattern in patterns(node)
        if re.match(r"\w+\\\.", pattern)
    ]
    idle = [
        action
        for action in journal.known_actions()
        if sum(text.count(f'"{action}"') for text in texts) < 2 and not any(re.fullmatch(p, action) for p in built)
    ]
    assert idle == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_reads_in_both_languages_even_when_a_fact_is_missing(app: Flask, language: str) -> None:
    with app.app_context(), force_locale(language):
        for action in sorted(journal.known_actions()):
            sentence = Event(action=action, facts={}).sentence
            assert sentence, action
            assert "%(" not in sentence, action


def test_every_sentence_is_translated(app: Flask) -> None:
    spoken = {}
    for language in LANGUAGES:
        with app.app_context(), force_locale(language):
            spoken[language] = {action: str(sentence) for action, sentence in journal._sentences.items()}
    same = [action for action, chinese in spoken["zh_Hans_CN"].items() if chinese == spoken["en"][action]]
    assert same == []


def test_no_sentence_knows_more_facts_in_one_language(app: Flask) -> None:
    """A translation that names a fact its English lacks would show an ellipsis for ever."""
    blank = re.compile(r"%\((\w+)\)")
    for action, sentence in journal._sentences.items():
        facts = []
        for language in LANGUAGES:
            with app.app_context(), force_locale(language):
                facts.append(set(blank.findall(str(sentence))))
        assert facts[0] == facts[1], action


def test_an_event_says_who_what_when_and_on_which_phone(app: Flask, school: Any) -> None:
    agent = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36 MicroMessenger/8.0"
    with app.test_request_context(headers={"User-Agent": agent}):
        event = journal.record(
            "places.changed", school.places.store, school.custodian, place=school.places.store, what="x"
        )
        assert event.sentence == "changed the place: x"
    [told] = journal.about(thing=school.places.store).limit(1)
    assert told == event
    assert (told.person, told.card_id) == (school.custodian, None)
    assert told.device == "Android · 微信"
    assert told.at.isoformat() == "2026-11-24T02:00:00"


def test_a_card_is_named_and_a_stranger_is_nobody(app: Flask, school: Any) -> None:
    store = school.places.store
    by_card = journal.record("places.changed", store, school.card, what="x")
    by_nobody = journal.record("places.changed", store, None, what="x")
    assert (by_card.card_id, by_card.person_id) == (school.card.id, None)
    assert (by_nobody.card_id, by_nobody.person_id) == (None, None)


def test_an_unknown_action_is_a_mistake_of_ours(app: Flask, school: Any) -> None:
    with pytest.raises(KeyError):
        journal.record("places.exploded", school.places.store, None)


def test_hostile_facts_are_only_text(app: Flask, school: Any) -> None:
    nasty = "%(password)s %s {x} <script>alert(1)</script> 😀" + "长" * 1000
    event = journal.record("places.changed", school.places.store, None, what=nasty)
    assert Event.get_by_id(event.id).facts["what"] == nasty
    with app.app_context():
        assert Event.get_by_id(event.id).sentence == f"changed the place: {nasty}"


def test_it_is_never_changed_and_never_deleted(app: Flask, school: Any) -> None:
    event = journal.record("places.changed", school.places.store, None, what="x")
    for act in (
        lambda: Event.update(action="places.added").where(Event.id == event.id).execute(),
        lambda: Event.delete().where(Event.id == event.id).execute(),
        lambda: Event.delete().execute(),
        lambda: event.delete_instance(),
    ):
        with pytest.raises(peewee.IntegrityError, match="never changed"):
            act()
    assert Event.get_by_id(event.id).action == "places.changed"


def test_the_life_story_is_one_query_newest_first(app: Flask, school: Any, counted: Any) -> None:
    store = school.places.store
    for number in range(30):
        journal.record(
            "places.changed",
            store,
            school.people.director if number % 2 else school.card,
            place=store,
            what=str(number),
        )
    with counted() as queries, app.app_context():
        told = [(event.sentence, str(event.person or event.card)) for event in journal.about(place=store.id).limit(30)]
    assert queries.count == 1
    assert told[0] == ("changed the place: 29", "赵建国")
    assert told[-1] == ("changed the place: 0", "三年级卫生监督岗")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.49", "iPhone · 微信"),
        ("Mozilla/5.0 (Linux; Android 12) wxwork/4.1 MicroMessenger/7.0", "Android · 企业微信"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/126 Safari/537.36 Edg/126.0", "Windows · Edge"),
        ("Mozilla/5.0 (Phone; OpenHarmony 5.0; HarmonyOS) ArkWeb Chrome/114", "HarmonyOS · Chrome"),
        ("curl/8.0", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_a_phone_is_told_in_words_and_no_fingerprint_is_kept(agent: str, words: str) -> None:
    assert journal.device_in_words(agent) == words
    assert len(words) <= 60
