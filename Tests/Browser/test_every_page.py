"""Every page there is, found by the routes and templates of the program itself: without a violation that
axe finds, no wider than a telephone, a tablet or a screen, and kept as pictures for people to look at."""

import json
import re
from urllib.parse import urlparse

import pytest

from conftest import PASSWORD, ROOT, SHOTS, STATES, Site, bundle, shot
from test_pages import WIDTHS, violations

SOURCES = ROOT / "Sources/KithReview"
ROUTES = {
    path for file in (SOURCES / "Pages").glob("*.swift")
    for path in re.findall(r"\.get\(\s*\"([^\"]+)\"", file.read_text())}
TEMPLATES = {
    file.stem for file in (SOURCES / "Templates").glob("*.mustache")
    if file.read_text().startswith("{{<layout}}")}
PLANS = "Elm House and Riverside"


class Look:
    """Looks at pages one after the other, and remembers which there were."""

    def __init__(self):
        self.routes, self.templates, self.problems, self.names = set(), set(), [], set()

    def at(self, page, name, *words):
        assert name not in self.names, f"two pages are called {name}"
        self.names.add(name)
        text = page.inner_text("body")
        self.problems += [
            f"{name}: '{word}' is not in: {' '.join(text.split())[100:1500]}" for word in words
            if word.lower() not in text.lower()]
        path = urlparse(page.url).path
        self.routes |= {
            route for route in ROUTES if re.fullmatch(re.sub(":[a-z]+", "[^/]+", route), path)
            and (":" not in route or path not in ROUTES)}
        self.templates.add(page.get_attribute("main", "data-page"))
        self.problems += [f"{name}: {found}" for found in violations(page)]
        for width, pixels in WIDTHS.items():
            page.set_viewport_size({"width": pixels, "height": 900})
            across = page.evaluate("document.documentElement.scrollWidth")
            if across > pixels:
                self.problems.append(f"{name} is {across} wide on a {width}")
            shot(page, f"every/{name}-{width}")
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A home and its practice, with a conflict that is open and one that is decided."""
    folder = tmp_path_factory.mktemp("house")
    elm = Site(folder / "elm", "Elm House", "care-home")
    river = Site(folder / "river", "Riverside Surgery", "gp-practice", "--ods", "A81001")
    elm.kith("partnership", "create", PLANS, "--purpose", "Joint care plans")
    elm.kith("import", "fhir", bundle(folder / "residents.json"))
    elm.add_user("mary", "Mary Okafor", "care-staff,clinician,administrator,auditor", "deputy manager")
    elm.add_user("rhea", "Rhea Reader", "reviewer", "practice nurse")
    elm.add_user("olu", "Olu Night", "care-staff", "night carer", "--compartments", "personal")
    elm.kith("contact", "add", "name=Nurse Joy Adu", "role=community nurse", "phone=01632 960001",
             "email=joy@example.org")
    try:
        elm.start()
        code = elm.json("partnership", "invite", PLANS, "--may-attest")["code"]
        river.kith("partnership", "join", code, "--yes")
        river.start()
        for name, values in (("Whitfield", ("severe", "moderate")), ("Adeyemi", ("moderate", "severe"))):
            resident = elm.json("resident", "list", "--search", name)["residents"][0]["short"]
            allergy = elm.json("allergy", "add", "--resident", resident, f"agent=Latex of {name}",
                               "severity=mild")["short"]
            river.kith("sync")
            for site, severity in zip((elm, river), values):
                seen = str(site.json("record", "get", allergy)["version"])
                site.kith("allergy", "edit", allergy, f"severity={severity}", "--seen", seen)
            elm.kith("hospital-contact", "add", "--resident", resident, "kind=emergency", "stage=completed",
                     "start=2026-10-03T10:00:00Z", "reason=A fall")
            river.kith("sync")
        elm.kith("conflict", "resolve", f"{allergy}.severity", "--pick", "1", "--seen",
                 str(elm.json("record", "get", allergy)["version"]), "--reason", "it was seen")
        river.kith("sync")
        yield elm, river
    finally:
        river.stop()
        elm.stop()


def tabs(page):
    return {a.inner_text(): a.get_attribute("href") for a in page.locator("nav.tabs a").all()}


def look_at_tabs(page, site, look, prefix=""):
    for label, path in tabs(page).items():
        page.goto(site.url + path)
        look.at(page, prefix + label.lower().replace(" ", "-"))


def look_at_a_person(page, site, look):
    page.goto(site.url + "/residents?search=whit")
    look.at(page, "search", "1 resident found")
    page.goto(site.url + "/residents?search=nobody")
    look.at(page, "search-none", "0 residents found")
    page.goto(site.url + "/residents")
    resident = page.get_attribute("tbody a:has-text('Whitfield')", "href")
    page.goto(site.url + resident)
    look.at(page, "resident", "2 values, not yet decided")
    plan = page.locator(".plan .acts a", has_text="History").first.get_attribute("href")
    forms = {a.get_attribute("href") for a in page.locator("a[href^='/records/new']").all()}
    for part in ("changes", "changes?since=1", "timeline", "pack"):
        page.goto(f"{site.url}{resident}/{part}")
        look.at(page, part.replace("?", "-").replace("=", "-"))
    page.goto(site.url + "/summary")
    look.at(page, "summary", "How current this is")
    page.goto(site.url + plan)
    look.at(page, "record", "What was done with it")
    page.goto(site.url + plan + "/edit")
    look.at(page, "edit")
    page.fill("[name='v.nextReview']", "soon")
    page.click("button:has-text('Save')")
    look.at(page, "edit-wrong", "Not saved")
    page.goto(f"{site.url}/round/list?r={resident.split('/')[-1]}")
    look.at(page, "round-list", "Whitfield")
    page.goto(site.url + "/round/list")
    look.at(page, "round-nobody", "Nobody is chosen")
    return resident, plan, forms


def look_at_forms(page, site, look, forms):
    """A form of each kind of record, once."""
    seen = set()
    for path in sorted(forms) + ["/records/new?kind=contact", "/records/new?kind=interaction",
                                 "/records/new?kind=organisation", "/records/new?kind=resident"]:
        kind = re.search("kind=([A-Za-z]+)", path)[1]
        if kind not in seen:
            seen.add(kind)
            page.goto(site.url + path)
            look.at(page, f"new-{kind}")
    assert {"cprDecision", "allergy", "proposal", "comment", "signOff", "goal", "note"} <= seen
    assert len(seen) > 30


def look_at_conflicts(page, site, look):
    page.goto(site.url + "/conflicts")
    page.click(".rows a:has-text('Severity')")
    look.at(page, "conflict", "Which value is to stand?")
    # Sent without a choice, as without the browser's own check.
    page.evaluate("document.querySelector('#reason').required = false")
    page.click("button:has-text('Decide')")
    look.at(page, "conflict-wrong", "Not ")
    page.goto(site.url + "/residents")
    page.click("tbody a:has-text('Adeyemi')")
    page.click("a:has-text('Take this decision back') >> nth=0")
    look.at(page, "undo", "Would stand again")


def look_at_errors(page, site, look, resident):
    answer = page.goto(site.url + "/records/0000000000000000000000000A")
    assert answer.status == 404
    look.at(page, "missing", "there is no such record")
    assert page.goto(site.url + "/nothing").status == 404
    look.at(page, "no-such-page")
    assert page.goto(site.url + "/sign-out").status == 405
    look.at(page, "wrong-method")
    assert page.goto(site.url + resident + "?" + "x" * 5000).status == 404
    look.at(page, "too-long")


def look_at_sign_in(chromium, site, look):
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(site.url + "/sign-in")
    look.at(page, "sign-in", "Six digits")
    page.fill("#login", "rhea")
    page.fill("#password", "not this")
    page.fill("#code", "000000")
    page.click("button.main")
    look.at(page, "sign-in-wrong", "are not right")
    # With the password that was made, and none of their own yet.
    page.fill("#login", "rhea")
    page.fill("#password", site.accounts["rhea"]["password"])
    page.fill("#code", site.code("rhea"))
    page.click("button.main")
    look.at(page, "sign-in-new-password", "Choose a password of your own")
    context.close()


def look_at_an_emergency(visit, site, look, resident):
    page = visit(site, "olu")
    page.goto(site.url + resident)
    look.at(page, "resident-of-one-compartment", "your role does not include it")
    assert page.goto(site.url + "/users").status == 403
    look.at(page, "refused", "your role")
    page.goto(site.url + resident + "/pack")
    look.at(page, "pack-refused", "not shared with you")
    page.goto(site.url + resident + "/glass")
    look.at(page, "glass", "In an emergency")
    page.evaluate("document.querySelector('#reason').required = false")
    page.click("button:has-text('Read it now')")
    look.at(page, "glass-wrong", "Not done")
    page.select_option("#compartment", "clinical")
    page.fill("#reason", "The crew asks")
    page.click("button:has-text('Read it now')")
    look.at(page, "resident-under-glass", "for an emergency")


def look_at_what_was_typed(page, site, look, resident):
    """What is typed when the session ends; a decision that is to be signed minutes after the sign-in."""
    record = resident.split("/")[-1]
    page.goto(f"{site.url}/records/new?kind=note&parent={record}")
    page.fill("textarea[name='v.text']", "She slept well")
    site.while_stopped("UPDATE web_session SET used_ms = used_ms - 2400000")
    page.click("button:has-text('Save')")
    look.at(page, "signed-out", "What you typed is kept")
    page.fill("#login", "mary")
    page.fill("#password", PASSWORD)
    page.fill("#code", site.next_code("mary"))
    page.click("button.main")
    look.at(page, "kept", "She slept well", "nothing of it is saved yet")
    page.click("button:has-text('Save it now')")
    assert "She slept well" in page.inner_text("main")
    site.while_stopped("UPDATE web_session SET proved_ms = proved_ms - 600000")
    page.goto(f"{site.url}/records/new?kind=cprDecision&parent={record}")
    look.at(page, "sign-a-decision", "A new code, to sign")
    page.check("#attest")
    page.fill("[name='v.decision.date']", "2026-11-20")
    page.click("button:has-text('Save')")
    look.at(page, "sign-a-decision-wrong", "Not saved")


def look_at_own_account(page, site, look):
    page.goto(site.url + "/")
    page.click(".who a")
    look.at(page, "account", "In this browser", "Another password")
    page.fill("#password", "not this one")
    page.fill("#code", "000000")
    page.fill("#new", "eight blue saucepans")
    page.fill("#again", "eight blue saucepans")
    page.click("button:has-text('Change the password')")
    look.at(page, "account-wrong", "Nothing was changed", "are not right")


def look_at_two_of_one_id(page, site, look):
    """A liar can give a record the id of another: what such a one leaves in the state."""
    kinds = json.loads((ROOT / "Sources/KithModel/Data/vocabulary-personal.json").read_text())["kinds"]
    kind = next(kind["number"] for kind in kinds if kind["name"] == "resident")
    site.while_stopped(
        "INSERT INTO record (partnership, compartment, kind, uuid, first_act, last_act) SELECT"
        " (SELECT id FROM partnership WHERE id != record.partnership LIMIT 1), compartment, kind, uuid,"
        f" first_act, last_act FROM record WHERE kind = {kind} LIMIT 1")
    page.goto(site.url + "/residents")
    for path in {a.get_attribute("href") for a in page.locator("tbody a").all()}:
        if page.goto(site.url + path).status == 300:
            look.at(page, "several", "Which one?")
            break
    else:
        pytest.fail("no two records have one id")
    site.while_stopped("DELETE FROM record WHERE id = (SELECT max(id) FROM record)")


def test_every_page_can_be_used_by_everybody_and_fits_every_screen(house, visit, chromium):
    elm, river = house
    look = Look()
    look_at_sign_in(chromium, elm, look)
    page = visit(elm, "mary")
    look_at_tabs(page, elm, look)
    resident, plan, forms = look_at_a_person(page, elm, look)
    look_at_forms(page, elm, look, forms)
    look_at_conflicts(page, elm, look)
    look_at_errors(page, elm, look, resident)
    look_at_an_emergency(visit, elm, look, resident)
    page.goto(elm.url + "/emergencies")
    look.at(page, "emergencies-waiting", "The crew asks")
    look_at_what_was_typed(page, elm, look, resident)
    look_at_own_account(page, elm, look)
    look_at_two_of_one_id(page, elm, look)
    # She signed in again on the way.
    STATES[(elm.home, "mary")] = page.context.storage_state()
    assert look.problems == []
    # A page that is added is added here as well.
    assert ROUTES - look.routes == set()
    assert TEMPLATES - look.templates == set()


def test_every_page_of_an_empty_site_says_how_to_begin(chromium, visit, tmp_path):
    site = Site(tmp_path / "new", "New House", "care-home")
    look = Look()
    site.start()
    try:
        context = chromium.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(site.url + "/")
        look.at(page, "empty-sign-in", "kith user add")
        context.close()
        site.add_user("mary", "Mary Okafor", "care-staff,administrator,auditor", "manager")
        page = visit(site, "mary")
        look_at_tabs(page, site, look, "empty-")
        page.goto(site.url + "/")
        assert "How to begin" in page.inner_text("main")
        page.goto(site.url + "/summary")
        look.at(page, "empty-summary", "No resident is recorded here")
        assert look.problems == []
    finally:
        site.stop()


def test_a_partner_that_is_silent_for_days_is_told_of_wherever_it_matters(house, visit):
    elm, river = house
    look = Look()
    page = visit(elm, "mary")
    page.goto(elm.url + "/residents")
    resident = page.get_attribute("tbody a:has-text('Whitfield')", "href")
    page.goto(elm.url + resident)
    assert "Not everything may be here" not in page.inner_text("main")
    # The practice is down, and two days go by.
    river.stop()
    elm.while_stopped("UPDATE peer SET last_equal_ms = last_equal_ms - 48 * 3600000")
    missing = "Not everything may be here: no complete exchange with Riverside Surgery in the last 36 hours"
    page.goto(elm.url + "/")
    assert "Partners not heard from (1)" in page.inner_text("section:has(#t4)")
    assert "Riverside Surgery: their entries are complete up to" in page.inner_text("section:has(#t4)")
    look.at(page, "stale-today")
    for name, path in (("resident", ""), ("pack", "/pack")):
        page.goto(elm.url + resident + path)
        look.at(page, f"stale-{name}", missing, "Not up to date")
    assert page.locator(".flag", has_text="Not everything may be here").count() == 1
    page.goto(elm.url + "/summary")
    look.at(page, "stale-summary", missing)
    page.goto(elm.url + "/partnership")
    look.at(page, "stale-partners", "Not up to date")
    assert page.locator("svg [stroke-dasharray]").count() == 1
    file = SHOTS / "stale-pack.pdf"
    page.goto(elm.url + resident + "/pack")
    page.pdf(path=file, format="A4", prefer_css_page_size=True)
    # It comes back, both meet, and it is said no more.
    river.start()
    river.kith("sync")
    page.goto(elm.url + resident)
    assert "Not everything may be here" not in page.inner_text("main")
    page.goto(elm.url + "/")
    assert "All partners are up to date" in page.inner_text("section:has(#t4)")
    assert look.problems == []


def test_what_waits_here_for_a_partner_is_told_until_it_has_signed_for_it(house, visit):
    elm, river = house
    page = visit(elm, "mary")
    page.goto(elm.url + "/residents")
    resident = page.get_attribute("tbody a:has-text('Whitfield')", "href")
    river.kith("sync")
    page.goto(elm.url + resident)
    current = "section:has(#current-h)"
    assert "What is on this page is held by Riverside Surgery (signed " in page.inner_text(current)
    elm.kith("note", "add", "--resident", resident.split("/")[-1], "text=A quiet night")
    page.goto(elm.url + resident)
    words = page.inner_text(current)
    assert "Not yet signed for by Riverside Surgery" in words
    assert "they have not proved to hold" in words
    river.kith("sync")
    page.goto(elm.url + resident)
    assert "Not yet signed for" not in page.inner_text(current)
