"""Conflicts between records, and the work on them, over two real sites; after the stories, which begin
with one conflict alone."""

from conftest import shot
from test_pages import violations
from test_stories import open_resident

TOGETHER = ("--partnership", "Elm House and Riverside")


def test_two_records_that_may_be_one_person_are_decided_on_the_page(sites, visit):
    elm, _ = sites
    for given in ("Ada", "Adah"):
        elm.kith("resident", "add", "familyName=Twin", f"givenName={given}",
                 "nhsNumber=943 476 5919", "dateOfBirth=1931-04-02", *TOGETHER)
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Twin')")
    text = page.inner_text("main")
    assert "Twin, Ada" in text and "Twin, Adah" in text and "943 476 5919" in text
    shot(page, "conflict-records")
    page.check("label:has-text('They are one person')")
    page.fill("#reason", "One card, typed twice")
    page.click("button:has-text('Decide')")
    assert "Decided" in page.inner_text("[role=status]")
    open_ones = elm.json("conflict", "list")["conflicts"]
    assert [c for c in open_ones if c["kind"] == "duplicateResident"] == []
    assert len(elm.json("same-person", "list")["samePersons"]) == 1


def test_a_conflict_is_taken_on_and_a_decision_taken_back(sites, visit):
    elm, river = sites
    contact = elm.json("contact", "list", "--search", "Joy")["contacts"][0]["short"]
    river.kith("sync")
    for site, role in ((elm, "district nurse"), (river, "nurse prescriber")):
        site.kith("contact", "edit", contact, f"role={role}")
    river.kith("sync")
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Joy')")
    page.fill("#owner", "Mary Okafor")
    page.fill("#due", "2020-02-03")
    page.fill("#note", "I ring the surgery")
    page.click("button:has-text('Save this')")
    assert "Noted" in page.inner_text("[role=status]")
    work = page.inner_text("section:has(#work)")
    assert "Mary Okafor" in work and "overdue" in work.lower() and "I ring the surgery" in work
    assert violations(page) == []
    shot(page, "conflict-work")

    page.check("label:has-text('stands') >> nth=0")
    page.fill("#reason", "The surgery says so")
    page.click("button:has-text('Decide')")
    assert "Decided" in page.inner_text("[role=status]")
    page.click("[role=status] >> text=Take it back")
    assert "district nurse" in page.inner_text("main")
    assert violations(page) == []
    shot(page, "undo")
    page.fill("#reason", "They meant another Joy")
    page.click("button:has-text('Take it back')")
    assert "open again" in page.inner_text("[role=status]")
    river.kith("sync")
    for site in (elm, river):
        found = [c for c in site.json("conflict", "list")["conflicts"] if c["id"].startswith(contact)]
        assert len(found) == 1 and found[0]["isReopened"] and found[0]["owners"] == ["Mary Okafor"]

    # The practice, whose view has both, decides for good, and this site sees it.
    there = visit(river, "anil")
    there.goto(river.url + "/conflicts/" + found[0]["id"])
    assert "They meant another Joy" in there.inner_text("main")
    there.check("label:has-text('stands') >> nth=1")
    there.fill("#reason", "Her own card")
    there.click("button:has-text('Decide')")
    assert "Decided" in there.inner_text("[role=status]")
    river.kith("sync")
    assert [c for c in elm.json("conflict", "list")["conflicts"] if c["id"].startswith(contact)] == []


def test_plans_that_do_not_go_together_are_decided_on_the_page(sites, visit):
    elm, river = sites
    resident = elm.json("resident", "list", "--search", "Whitfield")["residents"][0]["short"]
    for site, title in ((elm, "Getting about"), (river, "Getting around")):
        site.kith("plan", "add", "--resident", resident, f"title={title}", "status=active",
                  "category=Mobility")
    river.kith("sync")
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Several active plans')")
    text = page.inner_text("main")
    assert "Getting about" in text and "Getting around" in text and "Riverside" in text
    assert page.locator("a:has-text('Change this one')").count() == 2
    shot(page, "conflict-plans")
    page.check("label:has-text('side by side')")
    page.fill("#reason", "One is for indoors")
    page.click("button:has-text('Decide')")
    assert "Decided" in page.inner_text("[role=status]")
    river.kith("sync")
    for site in (elm, river):
        kinds = [c["kind"] for c in site.json("conflict", "list")["conflicts"]]
        assert "activePlans" not in kinds


def test_no_known_allergies_beside_an_allergy_is_put_right_on_the_page(sites, visit):
    elm, river = sites
    elm.kith("resident", "add", "familyName=Barlow", "givenName=Hugh", *TOGETHER)
    resident = elm.json("resident", "list", "--search", "Barlow")["residents"][0]["short"]
    river.kith("sync")
    elm.kith("allergy-assertion", "add", "--resident", resident, "assertion=none-known")
    river.kith("allergy", "add", "--resident", resident, "agent=Latex")
    river.kith("sync")
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('None known')")
    assert "Latex" in page.inner_text("main")
    shot(page, "conflict-none-known")
    page.click("a:has-text('Change this one'):has-text('Latex')")
    page.select_option("[name='v.verification']", "refuted")
    page.click("button:has-text('Save')")
    assert "Saved" in page.inner_text("[role=status]")
    river.kith("sync")
    for site in (elm, river):
        kinds = [c["kind"] for c in site.json("conflict", "list")["conflicts"]]
        assert "noneKnown" not in kinds


def test_one_place_with_two_people_is_decided_on_the_page(sites, visit):
    elm, river = sites
    for name, start in (("Room-One", "2024-01-01"), ("Room-Two", "2025-03-01")):
        site = elm if name == "Room-One" else river
        site.kith("resident", "add", f"familyName={name}", *TOGETHER)
        resident = site.json("resident", "list", "--search", name)["residents"][0]["short"]
        site.kith("residency", "add", "--resident", resident, "home=Elm House", "room=12",
                  f"start={start}")
    river.kith("sync")
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Elm House')")
    text = page.inner_text("main")
    assert "Room-One" in text and "Room-Two" in text and "12" in text
    assert violations(page) == []
    shot(page, "conflict-occupancy")
    # Whoever has moved out gets the day on which they did.
    page.locator(".card", has_text="Room-One").locator("a:has-text('Change this one')").click()
    page.fill("[name='v.end']", "2025-02-20")
    page.click("button:has-text('Save')")
    assert "Saved" in page.inner_text("[role=status]")
    river.kith("sync")
    for site in (elm, river):
        assert "occupancy" not in [c["kind"] for c in site.json("conflict", "list")["conflicts"]]


def test_what_was_archived_here_and_written_in_there_is_decided_on_the_page(sites, visit):
    elm, river = sites
    resident = elm.json("resident", "add", "familyName=Archive", "givenName=Ada", *TOGETHER)["short"]
    plan = elm.json("plan", "add", "--resident", resident, "title=Skin", "status=active")["short"]
    river.kith("sync")
    elm.kith("plan", "archive", plan)
    river.kith("goal", "add", "--for", plan, "text=Heel healed by May")
    river.kith("sync")
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Skin')")
    text = page.inner_text("main")
    assert "It comes back" in text and "It stays archived" in text and "Heel healed" in text
    assert violations(page) == []
    shot(page, "conflict-archived")
    page.check("label:has-text('It comes back')")
    page.fill("#reason", "The heel is not healed yet")
    page.click("button:has-text('Decide')")
    assert "Decided" in page.inner_text("[role=status]")
    river.kith("sync")
    for site in (elm, river):
        kinds = [c["kind"] for c in site.json("conflict", "list")["conflicts"]]
        assert "archivedAndEdited" not in kinds
        assert not site.json("record", "get", plan)["isArchived"]
    open_resident(page, "Archive")
    assert "Heel healed by May" in page.inner_text(".plan")
