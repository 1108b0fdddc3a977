"""The words of the repair desk: kinds of damage, methods, reasons, causes, ratings. Keys are stored, words shown."""

from flask_babel import lazy_gettext as _l

from app.assets.models import Asset
from app.disposals.compensation import CAUSES, OURS

LONGEST = 500

# Kinds of damage: the word, its icon, and what belongs to it.
KINDS = {
    "water": (_l("water"), "droplets", _l("taps, drains, flushing")),
    "power": (_l("electricity"), "zap", _l("lights, sockets, fans")),
    "doors": (_l("doors, windows, locks"), "door-open", _l("glass too")),
    "furniture": (_l("desks and furniture"), "armchair", ""),
    "building": (_l("walls, floor, ceiling"), "brick-wall", _l("leaks, tiles")),
    "aircon": (_l("air conditioner"), "air-vent", ""),
    "media": (_l("screens and network"), "monitor", _l("projector, sound")),
    "canteen": (_l("canteen equipment"), "cooking-pot", ""),
    "drinking": (_l("drinking water"), "cup-soda", ""),
    "sports": (_l("sports gear"), "dumbbell", ""),
    "grounds": (_l("grounds and fences"), "trees", _l("manhole covers")),
    "safety": (_l("fire and security"), "fire-extinguisher", ""),
    "other": (_l("something else"), "circle-help", ""),
}
# What is likely broken at an asset, by the category's code (GB/T 14885), the longest head that fits.
LIKELY = {
    "A0201": "media", "A0202": "media", "A02061801": "canteen", "A02061802": "power", "A02061803": "power",
    "A02061804": "aircon", "A02061818": "drinking", "A02061819": "drinking", "A0209": "media",
    "A02091107": "safety", "A0246": "sports", "A05": "furniture", "A0502": "canteen",
}  # fmt: skip
METHODS = {
    "replaced": _l("replaced"),
    "tightened": _l("tightened"),
    "unblocked": _l("unblocked"),
    "adjusted": _l("adjusted"),
    "cleaned": _l("cleaned"),
    "temporary": _l("made do for now"),
    "other": _l("other"),
}
REASONS = {  # why a repair must wait
    "parts": _l("waits for parts"),
    "contractor": _l("waits for a contractor"),
    "warranty": _l("waits for the maker (guarantee)"),
    "purchase": _l("waits for a purchase to be approved"),
    "outage": _l("waits for water or power to be cut"),
    "holiday": _l("waits for days without lessons"),
    "weather": _l("waits for the weather"),
    "other": _l("waits"),
}
RATINGS = {
    "satisfied": _l("satisfied"),
    "mostly": _l("mostly satisfied"),
    "unsatisfied": _l("not satisfied"),
}

# Why it broke: the same table as the property side's compensation. Human are those that somebody may have to pay for.
HUMAN = tuple(cause for cause in CAUSES if cause not in OURS and cause != "unknown")  # misuse, accident, intent


def likely_kind(asset: Asset | None) -> str | None:
    """What is probably broken at an asset of this category, to save a tap."""
    if asset is None:
        return None
    code = asset.category.code
    heads = [head for head in LIKELY if code.startswith(head)]
    return LIKELY[max(heads, key=len)] if heads else None
