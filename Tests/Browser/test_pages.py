"""Every page: without a violation that axe finds, at three widths, and on paper."""

import json
import pathlib
import re
import unicodedata

import axe_playwright_python
import pypdf

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
    # Pages come apart on the way: each says whose it is.
    for sheet in pypdf.PdfReader(file).pages:
        words = " ".join(unicodedata.normalize("NFKC", sheet.extract_text()).split())
        assert "Hargreaves, Doreen" in words and "born 1934-06-17" in words, words[:300]
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
    names = [" ".join(name.split()) for name in page.locator(".sheet h2:first-child").all_inner_texts()]
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


def test_the_list_of_a_round_is_saved_opened_again_and_printed_with_who_is_to_be_seen_and_why(
        sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Home round")
    for name in ("Whitfield", "Adeyemi"):
        page.locator(".pick li", has_text=name).locator("input").check()
    page.click("text=Make the list")
    page.locator("article.seen", has_text="Whitfield").locator("input[name^='reason.']").fill(
        "Chesty since Monday")
    page.click("button:has-text('Save the list for later')")
    assert "list is saved" in page.inner_text("[role=status]")
    # Opened again, from its own place, it is what was saved.
    page.click("section:has(#saved-h) a")
    assert page.locator("article.seen").count() == 2
    why = page.locator("article.seen", has_text="Whitfield").locator("input[name^='reason.']")
    assert why.input_value() == "Chesty since Monday"
    place = page.url
    other = page.context.new_page()
    other.goto(place)
    assert other.locator("article.seen").count() == 2
    other.close()
    assert page.locator("[data-print]").is_visible()
    file = SHOTS / "round-list.pdf"
    SHOTS.mkdir(parents=True, exist_ok=True)
    pages = pages_of(page, file)
    text = " ".join(unicodedata.normalize("NFKC", " ".join(
        p.extract_text() for p in pypdf.PdfReader(file).pages)).split())
    for words in ("Whitfield", "Adeyemi", "999 000 1006", "Chesty since Monday", "penicillin", "CPR",
                  "Mary Okafor", "Elm House", "Shown 20", f"Page 1 of {pages}", "next review"):
        assert words.lower() in text.lower(), (words, text[:3000])
    # What is for the screen alone is not on paper.
    for words in ("Sign out", "Save the outcomes", "Save the list", "Choose others", "Partners"):
        assert words not in text, words
    page.emulate_media(media="print")
    shot(page, "round-list-print")
    # Without who it is about, nobody is cut in two.
    cut = page.evaluate("getComputedStyle(document.querySelector('article.seen')).breakInside")
    assert cut == "avoid"


def test_a_page_of_others_that_frames_this_one_shows_nothing_of_it(sites, visit, tmp_path):
    elm, _ = sites
    page = visit(elm, "mary")
    (tmp_path / "evil.html").write_text(
        f"<p>Win a prize</p><iframe id=f src='{elm.url}/residents' width=600 height=400></iframe>")
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"file://{tmp_path}/evil.html")
    page.wait_for_load_state()
    framed = page.frames[1]
    assert "Whitfield" not in framed.content() and "Sign in" not in framed.content()
    assert any("frame" in words for words in refused), refused


def test_nothing_is_loaded_from_elsewhere_and_no_rule_is_broken(sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    foreign, broken = [], []
    page.on("request", lambda r: r.url.startswith(elm.url) or foreign.append(r.url))
    page.on("console", lambda m: "Content Security Policy" in m.text and broken.append(m.text))
    for path in paths(page, elm).values():
        page.goto(elm.url + path)
    assert foreign == [] and broken == []
