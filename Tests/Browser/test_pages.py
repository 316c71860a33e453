"""Every page: without a violation that axe finds, at three widths, and on paper."""

import json
import pathlib
import re
import unicodedata

import axe_playwright_python
import pypdf
import pytest

from conftest import SHOTS, shot

AXE = next(pathlib.Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
WIDTHS = {"phone": 360, "tablet": 820, "desktop": 1280}


def paths(page, site):
    """Every page that somebody can come to, with the ids of real records."""
    page.goto(site.url + "/residents")
    resident = page.get_attribute("tbody a:has-text('Whitfield')", "href")
    page.goto(site.url + resident)
    plan = page.locator(".plan .acts a", has_text="History").first.get_attribute("href")
    record = resident.split("/")[-1]
    pages = {
        "today": "/", "residents": "/residents", "search": "/residents?search=whit",
        "resident": resident, "changes": resident + "/changes", "timeline": resident + "/timeline",
        "pack": resident + "/pack", "summary": "/summary", "plan": plan, "edit": plan + "/edit",
        "new-cpr": f"/records/new?kind=cprDecision&parent={record}",
        "propose": f"/records/new?kind=proposal&parent={record}",
        "new-contact": "/records/new?kind=contact",
        "comment": f"/records/new?kind=comment&parent={record}", "conflicts": "/conflicts",
        "round": "/round", "round-list": f"/round/list?r={record}", "contacts": "/contacts",
        "partners": "/partnership", "audit": "/audit", "accounts": "/users", "emergencies": "/emergencies",
        "missing": "/records/0000000000000000000000000",
    }
    page.goto(site.url + "/conflicts")
    if page.locator(".rows a").count():
        pages["conflict"] = page.locator(".rows a").first.get_attribute("href")
    return pages


def violations(page):
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa',"
        "'best-practice']})")["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]} {v['help']}" for v in found]


@pytest.mark.parametrize("who", ["mary", "anil"])
def test_no_page_has_a_violation(sites, visit, who):
    site = sites[0] if who == "mary" else sites[1]
    page = visit(site, who)
    problems = []
    for name, path in paths(page, site).items():
        page.goto(site.url + path)
        problems += [f"{name}: {words}" for words in violations(page)]
    assert problems == []


def test_the_sign_in_has_no_violation(sites, chromium):
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(sites[0].url + "/sign-in")
    shot(page, "sign-in")
    assert violations(page) == []
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(sites, visit, width):
    elm, _ = sites
    page = visit(elm, "mary", viewport={"width": WIDTHS[width], "height": 800})
    for name, path in paths(page, elm).items():
        page.goto(elm.url + path)
        across = page.evaluate("document.documentElement.scrollWidth")
        assert across <= WIDTHS[width], f"{name} is {across} wide"
        if name in ("today", "resident", "edit", "residents", "contacts", "timeline", "partners"):
            shot(page, f"{name}-{width}")


def pages_of(page, file):
    """The number of pages of what a browser prints, and the sheet as it looks."""
    page.pdf(path=file, format="A4", prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", file.read_bytes()))


def test_the_pack_has_every_value(sites, visit, tmp_path):
    elm, _ = sites
    page = visit(elm, "mary")
    page.goto(elm.url + paths(page, elm)["pack"])
    text = page.inner_text("main")
    assert "Printed" in text and "Mary Okafor" in text and "penicillin" in text
    for heading in ("Allergies", "CPR", "People to ring", "How current this is"):
        assert heading in text, heading
    assert 1 <= pages_of(page, tmp_path / "pack.pdf") <= 2
    page.emulate_media(media="print")
    shot(page, "pack-print")


def test_the_pack_of_somebody_with_much_to_tell_is_two_pages(sites, visit, tmp_path):
    elm, river = sites
    full = json.loads((pathlib.Path(__file__).parent / "full_resident.json").read_text())
    resident = elm.json("resident", "add", *full["resident"])["id"]
    for kind, *values in full["records"]:
        command = re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), kind)
        elm.kith(command, "add", "--resident", resident, *values)
    # And people disagree about one of them.
    river.kith("sync")
    allergy = elm.json("allergy", "list", "--search", "Codeine")["allergies"][0]["short"]
    for site, severity in ((elm, "severe"), (river, "moderate")):
        seen = str(site.json("record", "get", allergy)["version"])
        site.kith("allergy", "edit", allergy, f"severity={severity}", "--seen", seen)
    river.kith("sync")
    page = visit(elm, "mary")
    page.goto(f"{elm.url}/residents/{resident}/pack")
    text = " ".join(page.inner_text("main").split())
    for kind, *values in full["records"]:
        for value in values:
            name, words = value.split("=", 1)
            # Codes are shown by their names, days as people write them.
            if kind == "libertyAuthorisation":
                # Restricted, which her role does not include.
                assert " " not in words or words not in text, (kind, name)
            elif " " in words:
                assert " ".join(words.split()) in text, (kind, name)
    assert "Moderate" in text and "Severe" in text and "2 values, not yet decided" in text
    file = SHOTS / "pack-full.pdf"
    SHOTS.mkdir(parents=True, exist_ok=True)
    assert pages_of(page, file) == 2
    page.emulate_media(media="print")
    shot(page, "pack-full-print")
    # The stories begin with one conflict alone.
    elm.kith("conflict", "resolve", f"{allergy}.severity", "--pick", "1", "--seen",
             str(elm.json("record", "get", allergy)["version"]), "--reason", "it was seen")
    river.kith("sync")


def test_the_summary_on_paper_has_everybody_whole_and_its_pages_counted(sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    page.goto(elm.url + "/summary")
    page.wait_for_selector(".sheet")
    names = [" ".join(name.split()) for name in page.locator(".sheet > h2:first-child").all_inner_texts()]
    everybody = {r["title"] for r in elm.json("resident", "list")["residents"]}
    assert len(names) >= 3 and len(names) <= len(everybody)
    file = SHOTS / "summary.pdf"
    SHOTS.mkdir(parents=True, exist_ok=True)
    pages = pages_of(page, file)
    # Letters that are set together are letters.
    texts = [" ".join(unicodedata.normalize("NFKC", p.extract_text()).split())
             for p in pypdf.PdfReader(file).pages]
    assert len(texts) == pages and 1 < pages <= len(names) + 1
    # A page that was lost is missed.
    for number, text in enumerate(texts, 1):
        assert f"Page {number} of {pages}" in text, text[:200]
    assert "Printed" in texts[0] and "Mary Okafor" in texts[0] and "How current this is" in texts[0]
    for name in names:
        assert sum(name in text for text in texts) >= 1, name
    # Nobody's allergies stand on another page than their name.
    for text in texts[1:]:
        first = min(text.index(name) for name in names if name in text)
        assert "Allergies" not in text[:first], text[:first]
    # It can be read at arm's length.
    small = page.evaluate("""() => {
        const all = [...document.querySelectorAll('.sheet *')].filter(e => e.innerText);
        return Math.min(...all.map(e => parseFloat(getComputedStyle(e).fontSize)));
    }""")
    assert small >= 12, f"text of {small} px on the screen"
    page.emulate_media(media="print")
    shot(page, "summary-print")


def test_nothing_is_loaded_from_elsewhere_and_no_rule_is_broken(sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    foreign, broken = [], []
    page.on("request", lambda r: r.url.startswith(elm.url) or foreign.append(r.url))
    page.on("console", lambda m: "Content Security Policy" in m.text and broken.append(m.text))
    for path in paths(page, elm).values():
        page.goto(elm.url + path)
    assert foreign == [] and broken == []
