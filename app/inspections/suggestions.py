"""Ready plans to begin with: each fills in the form of a plan, nothing is made until somebody stores it."""

import json
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from app import seeds
from app.inspections.checklists import Checklist
from app.inspections.plans import Plan
from app.words import either


@dataclass(frozen=True)
class Suggestion:
    """One line of seeds/plans.json. `plan` are values of the form; what it does not say, the form's own values say."""

    key: str
    name: str
    name_en: str
    why: str
    why_en: str
    plan: dict[str, Any]

    @property
    def title(self) -> str:
        return either(self.name, self.name_en)

    @property
    def reason(self) -> str:
        return either(self.why, self.why_en)

    @property
    def slug(self) -> str:
        return self.plan["slug"]

    @property
    def form(self) -> dict[str, Any]:
        """What the form shows."""
        hours = {name: time.fromisoformat(self.plan[name]) for name in ("opens", "closes")}
        return self.plan | hours | {"name": self.title}


@cache
def everything() -> tuple[Suggestion, ...]:
    """All ready plans, in the order in which they are offered."""
    text = Path(seeds.__file__).with_name("plans.json").read_text(encoding="utf-8")
    return tuple(Suggestion(**each) for each in json.loads(text))


def offered() -> list[Suggestion]:
    """Those whose checklist is in use and that no plan of the school resembles yet. Two queries."""
    lists = {each.slug for each in Checklist.in_use() if not each.retired_at}
    known = {(plan.slug, plan.often, plan.spot > 0) for plan in Plan.shown() if not plan.is_over}
    return [each for each in everything() if each.slug in lists and _shape(each) not in known]


def _shape(suggestion: Suggestion) -> tuple[str, str, bool]:
    return suggestion.slug, suggestion.plan["often"], suggestion.plan.get("spot", 0) > 0


def named(key: str) -> Suggestion | None:
    return next((each for each in everything() if each.key == key), None)
