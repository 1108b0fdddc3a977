"""Accessible: axe finds nothing, big letters fit, and what a thumb must hit is big enough."""

from pathlib import Path

import pytest

from tests.browser.test_roads import code_of_place, free_asset, no_sideways_scroll

AXE = (Path(__file__).parent.parent / "vendor" / "axe-4.14.1.min.js").read_text()

PAGES = {
    "visitor": ("", ["/", "/people/sign-in", "/privacy", "/q/{room}", "/repairs/report/{room}", "/q/ABCDEFGH"]),
    "director": ("钟务实", ["/", "/repairs/", "/repairs/1", "/inspections/", "/inspections/checklists", "/people/",
                         "/people/3", "/people/permissions", "/people/me", "/places/", "/places/classes",
                         "/repairs/queue", "/repairs/records", "/repairs/analysis", "/repairs/classes",
                         "/repairs/upkeep", "/repairs/routes", "/notices/", "/notices/channels", "/calendar/"]),
    "custodian": ("管有数", ["/q/{asset}", "/custody/lend/{asset}", "/custody/", "/custody/batch", "/assets/",
                          "/assets/1", "/assets/add", "/assets/count/{room}", "/labels/", "/labels/sheet",
                          "/labels/codes", "/labels/profiles", "/labels/blanks"]),
    "electrician": ("陆电通", ["/repairs/", "/repairs/report-for", "/repairs/work"]),
    "cleaner": ("白如洁", ["/", "/inspections/areas", "/inspections/tick/{toilet}"]),
    "counsellor": ("邵先锋", ["/cards/", "/cards/add", "/cards/1"]),
}  # fmt: skip


def addresses(site, paths):
    known = {
        "room": code_of_place(site, "classroom"),
        "toilet": code_of_place(site, "toilet"),
        "asset": free_asset(site, "便携式投影仪")[0],
    }
    return [path.format(**known) for path in paths]


def faults(page) -> list[str]:
    """What axe finds, as `rule: target` lines."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("group", PAGES)
def test_axe_finds_nothing(open_phone, sign_in, site, group, scheme):
    who, paths = PAGES[group]
    page = open_phone(color_scheme=scheme, bypass_csp=True)  # axe itself is an inline script
    if who:
        sign_in(page, who)
    wrong = {}
    for path in addresses(site, paths):
        page.goto(path)
        if found := faults(page):
            wrong[path] = found
    assert not wrong


@pytest.mark.parametrize("group", PAGES)
def test_letters_twice_as_large_still_fit(open_phone, sign_in, site, group):
    """200 % text on a phone: nothing scrolls sideways, because no width is fixed in pixels around words."""
    who, paths = PAGES[group]
    page = open_phone(bypass_csp=True)
    if who:
        sign_in(page, who)
    wide = []
    for path in addresses(site, paths):
        page.goto(path)
        page.add_style_tag(content="body { font-size: 36px !important }")
        if not no_sideways_scroll(page):
            wide.append(path)
    assert not wide


def test_main_targets_are_large(open_phone, sign_in, site):
    page = open_phone()
    sign_in(page, "管有数", f"/q/{free_asset(site, '便携式投影仪')[0]}")
    sizes = page.eval_on_selector_all(".tile, .button", "all => all.map((e) => e.getBoundingClientRect().height)")
    assert sizes
    assert min(sizes) >= 44


def test_the_first_visit_is_light_and_the_second_is_one_request(open_phone, site):
    page = open_phone()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    address = f"/q/{code_of_place(site, 'classroom', 4)}"
    page.goto(address)
    page.wait_for_load_state("networkidle")
    first = len(requests)
    size = page.evaluate(
        """() => performance.getEntries().filter((e) => e.transferSize)
             .reduce((sum, e) => sum + e.transferSize, 0)"""
    )
    assert first <= 6
    assert size <= 60 * 1024
    requests.clear()
    page.goto("/privacy")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    fetched = page.evaluate("performance.getEntriesByType('resource').filter((e) => e.transferSize > 0).length")
    assert fetched == 0, "everything but the page itself comes from the phone's own store"
