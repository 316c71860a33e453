"""What a reviewer and a carer do, from sign-in to sign-off, over two real sites."""

import re

import pytest

from conftest import PASSWORD, Site, shot, sign_in
from test_pages import violations


def open_resident(page, name):
    page.click("nav[aria-label='Parts of the page'] >> text=Residents")
    page.fill("#search", name)
    page.click("button:has-text('Search')")
    page.click(f"tbody a:has-text('{name}')")
    page.wait_for_selector("h1")


def test_a_reviewer_reads_what_changed_comments_and_signs_off(sites, visit):
    elm, river = sites
    page = visit(river, "anil")
    assert "Whitfield" in page.inner_text("section:has(#t2)")
    assert "Severity" in page.inner_text("section:has(#t1)")
    shot(page, "today")
    open_resident(page, "Whitfield")
    first = page.inner_text("section:has(#first-h)")
    assert "Severe" in first and "Moderate" in first and "2 values, not yet decided" in first
    assert "CPR" in first and "not recorded" in first
    shot(page, "plan")
    page.click("nav[aria-label='This person'] >> text=What changed")
    assert "You have not read this plan before" in page.inner_text("main")
    page.click("text=I have read it up to here")
    assert "You have read everything up to" in page.inner_text("main")
    page.locator(".plan .acts a", has_text="Comment").first.click()
    page.fill("textarea[name='v.text']", "Please weigh her on Fridays as well.")
    page.click("button:has-text('Save')")
    assert "Your comment is saved" in page.inner_text("[role=status]")
    page.click("text=Sign off this plan")
    assert page.input_value("[name='v.by']") == "Dr Anil Rao"
    page.fill("[name='v.nextReview']", "2027-02-20")
    shot(page, "sign-off")
    page.click("button:has-text('Save')")
    assert "Signed off" in page.inner_text("[role=status]")
    river.kith("sync")

    home = visit(elm, "mary")
    open_resident(home, "Whitfield")
    plan = home.inner_text(".plan")
    assert "Please weigh her on Fridays" in plan and "Dr Anil Rao" in plan
    assert "2027-02-20" in plan and "Riverside Surgery" in plan
    assert "Up to date" in home.inner_text("section:has(#current-h)")


def test_a_carer_edits_a_plan_and_the_surgery_sees_word_by_word_what_changed(sites, visit):
    elm, river = sites
    page = visit(elm, "mary")
    open_resident(page, "Adeyemi")
    page.locator(".plan .acts a", has_text="Change").first.click()
    assert "Adeyemi" in page.inner_text(".whose") and "1941-11-19" in page.inner_text(".whose")
    page.fill("[name='v.title']", "Falls, mobility and sleep")
    page.fill("[name='v.nextReview']", "the day after tomorrow")
    page.click("button:has-text('Save')")
    assert "Not saved" in page.inner_text("[role=alert]")
    assert page.input_value("[name='v.title']") == "Falls, mobility and sleep"
    shot(page, "edit-wrong")
    page.fill("[name='v.nextReview']", "2026-01-31")
    page.click("button:has-text('Save')")
    assert "Saved" in page.inner_text("[role=status]")
    page.click("nav[aria-label='Parts of the page'] >> text=Today")
    assert "overdue" in page.inner_text("section:has(#t3)")
    river.kith("sync")

    there = visit(river, "anil")
    open_resident(there, "Adeyemi")
    there.click("nav[aria-label='This person'] >> text=What changed")
    there.select_option("#since", index=there.locator("#since option").count() - 1)
    there.click("button:has-text('Compare')")
    assert there.locator("ins", has_text="mobility").count() > 0
    shot(there, "changes")


def test_a_doctor_decides_a_conflict_and_every_value_was_seen(sites, visit):
    elm, river = sites
    page = visit(river, "anil")
    # From the value itself, and from the list.
    open_resident(page, "Whitfield")
    page.locator("a", has_text="Look at the conflict about Severity").first.click()
    assert "Which value is to stand?" in page.inner_text("main")
    page.click("nav[aria-label='Parts of the page'] >> text=Conflicts")
    page.click(".rows a:has-text('Severity')")
    cards = page.inner_text("main form")
    assert "Severe" in cards and "Moderate" in cards and "Mary Okafor" in cards
    page.click("button:has-text('Decide')")
    # A reason is needed: the browser does not send the form without.
    assert page.locator("h1").inner_text().startswith("Severity")
    assert elm.json("conflict", "list")["conflicts"] != []
    page.check("label:has-text('stands') >> nth=0")
    page.fill("#reason", "The hospital confirms anaphylaxis in 2019")
    shot(page, "conflict")
    page.click("button:has-text('Decide')")
    assert "Decided" in page.inner_text("[role=status]")
    river.kith("sync")
    assert elm.json("conflict", "list")["conflicts"] == []


def test_a_round_is_listed_and_its_outcomes_saved_in_one_go(sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    page.click("nav[aria-label='Parts of the page'] >> text=Home round")
    for box in page.locator(".pick li", has_text=re.compile("Whitfield|Adeyemi")).all():
        box.locator("input").check()
    page.click("text=Make the list")
    assert page.locator("article.seen").count() == 2
    shot(page, "round")
    page.select_option("#mode", "video")
    for card in page.locator("article.seen").all():
        card.locator("input[type=checkbox]").check()
        card.locator("textarea").first.fill("Seen, chest clear")
    page.click("text=Save the outcomes")
    assert "The outcomes are saved" in page.inner_text("[role=status]")
    calls = [i for i in elm.json("interaction", "list")["interactions"] if "Video" in i["title"]]
    assert len(calls) == 2


def test_with_the_keyboard_alone(sites, chromium):
    elm, _ = sites
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(elm.url + "/")
    page.focus("#login")
    for text in ("keys", elm.accounts["keys"]["password"], elm.code("keys")):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.type("seven green kettles")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Today')")
    # The first stop is the way past the navigation, and it is seen.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    # From there to the search, a name, and the first that is found.
    page.keyboard.press("Tab")
    page.keyboard.type("Whitfield")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Residents')")
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        seen.append(name)
        assert outline != "none", f"focus is not seen on {name}"
        if "Whitfield" in name and page.evaluate("document.activeElement.tagName") == "A":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Whitfield')")
    context.close()


def test_without_scripts(sites, chromium):
    elm, _ = sites
    context = chromium.new_context(ignore_https_errors=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(elm.url + "/")
    page.fill("#login", "plain")
    page.fill("#password", elm.accounts["plain"]["password"])
    page.fill("#code", elm.code("plain"))
    page.click("summary")
    page.fill("#new", "seven green kettles")
    page.fill("#again", "seven green kettles")
    page.click("button.main")
    page.click("nav >> text=Residents")
    page.click("tbody a:has-text('Whitfield')")
    page.click("text=Add goal")
    page.fill("textarea[name='v.text']", "Sleep through the night")
    page.click("button:has-text('Save')")
    assert "Sleep through the night" in page.inner_text(".plan")
    context.close()


def test_after_signing_out_the_back_button_shows_nothing(sites, chromium):
    elm, _ = sites
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    sign_in(page, elm, "left")
    page.click("nav >> text=Residents")
    page.click("tbody a:has-text('Whitfield')")
    page.click("text=Sign out")
    page.wait_for_selector("h1:has-text('Sign in')")
    page.go_back()
    page.wait_for_load_state()
    assert "Whitfield" not in page.content()
    context.close()


@pytest.mark.parametrize("name", ["script", "img"])
def test_a_name_that_came_by_sync_is_shown_as_text(sites, visit, name):
    _, river = sites
    page = visit(river, "anil")
    page.click("nav[aria-label='Parts of the page'] >> text=Residents")
    assert "<script>alert(1)</script>" in page.inner_text("tbody")
    page.click("tbody a:has-text('script')")
    page.wait_for_selector("h1")
    assert "<script>alert(1)</script>" in page.inner_text("h1")
    assert page.locator(f"main {name}").count() == 0
    for path in ("changes", "timeline", "pack"):
        page.goto(page.url.split("/residents/")[0] + "/residents/"
                  + page.url.split("/residents/")[1].split("/")[0] + "/" + path)
        assert page.locator(f"main {name}").count() == 0


def test_a_proposal_is_answered_at_the_home_and_its_author_sees_the_answer(sites, visit):
    elm, river = sites
    resident = elm.json("resident", "add", "familyName=Proposal", "givenName=Ivy")["short"]
    elm.kith("plan", "add", "--resident", resident, "title=Sleep", "status=active")
    river.kith("sync")
    there = visit(river, "anil")
    for title in ("Sleep and rest", "Nights"):
        open_resident(there, "Proposal")
        there.locator(".plan .acts a", has_text="Propose a change").first.click()
        there.select_option("[name='v.field']", label="Title")
        there.fill("[name='v.value']", title)
        there.fill("[name='v.reason']", "It is more than sleep")
        assert violations(there) == []
        there.click("button:has-text('Save')")
        assert "proposal is saved" in there.inner_text("[role=status]")
    shot(there, "proposed")
    there.click(".plan button:has-text('Acknowledge')")
    assert "have seen this plan" in there.inner_text("[role=status]")
    river.kith("sync")

    page = visit(elm, "mary")
    for title, button, reason in (
            ("Sleep and rest", "Take it over", "Agreed with her"), ("Nights", "Decline it", "Days too")):
        open_resident(page, "Proposal")
        assert "Seen and acknowledged" in page.inner_text(".plan")
        page.locator("article.card", has_text="It is more than sleep").filter(
            has_text=title).locator("a", has_text="History").first.click()
        page.fill("#answer-reason", reason)
        shot(page, "answer")
        page.click(f"button:has-text('{button}')")
        page.wait_for_selector("[role=status]")
    assert page.inner_text(".plan h3 >> nth=0") == "Sleep and rest"
    river.kith("sync")

    open_resident(there, "Proposal")
    plan = there.inner_text(".plan")
    for words in ("Sleep and rest", "Accepted", "Agreed with her", "Declined", "Days too"):
        assert words in plan, words
    shot(there, "answered")


def test_somebody_chooses_another_password_and_is_signed_out_everywhere_else(sites, chromium):
    elm, _ = sites
    elm.add_user("pam", "Pam Password", "reviewer", "nurse")
    pages = []
    for _ in range(2):
        page = chromium.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(20_000)
        pages.append(page)
    here, elsewhere = pages
    sign_in(elsewhere, elm, "pam")
    here.goto(elm.url + "/account")
    here.fill("#login", "pam")
    here.fill("#password", PASSWORD)
    here.fill("#code", elm.next_code("pam"))
    here.click("button.main")
    assert here.inner_text("h1") == "Your account"
    assert here.locator("li", has_text="In another browser").count() == 1
    here.fill("#password", PASSWORD)
    here.fill("#code", elm.next_code("pam"))
    here.fill("#new", "eight blue saucepans")
    here.fill("#again", "eight blue saucepans")
    here.click("button:has-text('Change the password')")
    assert "signed out everywhere else" in here.inner_text("[role=status]")
    assert here.locator("li", has_text="In another browser").count() == 0
    elsewhere.goto(elm.url + "/")
    assert elsewhere.inner_text("h1") == "Sign in"
    for page in pages:
        page.context.close()


def test_an_emergency_reading_is_reviewed_on_the_page(sites, visit):
    elm, _ = sites
    carer = visit(elm, "olu")
    open_resident(carer, "Whitfield")
    assert "enicillin" not in carer.inner_text("main")
    carer.click("text=In an emergency")
    carer.select_option("#compartment", "clinical")
    carer.fill("#reason", "The crew asks what she is allergic to")
    carer.click("button:has-text('Read it now')")
    carer.wait_for_selector(".alarm:has-text('for an emergency')")
    assert "enicillin" in carer.inner_text("main")
    page = visit(elm, "ada")
    page.click("text=An emergency reading was not reviewed yet")
    assert "The crew asks" in page.inner_text("main") and "Olu Night" in page.inner_text("main")
    assert violations(page) == []
    shot(page, "emergencies")
    page.fill("textarea[name='finding']", "The crew confirms that they asked")
    page.click("button:has-text('Note the review')")
    assert "review is noted" in page.inner_text("[role=status]")
    assert "Everything here was reviewed" in page.inner_text("main")
    assert "The crew confirms" in page.inner_text("table")
    assert violations(page) == []
    shot(page, "emergencies-reviewed")


def test_two_tabs_each_save_for_their_own_person(sites, visit):
    elm, _ = sites
    one = visit(elm, "mary")
    open_resident(one, "Whitfield")
    one.click("text=Add goal")
    two = one.context.new_page()
    two.goto(elm.url + "/")
    open_resident(two, "Adeyemi")
    two.click("text=Add goal")
    for page, name in ((one, "Whitfield"), (two, "Adeyemi")):
        assert name in page.inner_text(".whose")
        page.fill("textarea[name='v.text']", f"A goal of {name} alone")
    # The older one last, after the other was saved.
    for page, name, other in ((two, "Adeyemi", "Whitfield"), (one, "Whitfield", "Adeyemi")):
        page.click("button:has-text('Save')")
        page.wait_for_selector("[role=status]")
        assert name in page.inner_text("h1")
        plan = page.inner_text(".plan")
        assert f"A goal of {name} alone" in plan and f"A goal of {other}" not in plan


def test_the_back_button_after_saving_shows_what_is_saved_and_writes_nothing_twice(sites, visit):
    elm, _ = sites
    page = visit(elm, "mary")
    open_resident(page, "Adeyemi")
    page.click("text=Add goal")
    page.fill("textarea[name='v.text']", "Walk to chapel")
    page.click("button:has-text('Save')")
    page.wait_for_selector("[role=status]")
    before = elm.json("status")["entries"]
    page.go_back()
    page.wait_for_selector("button:has-text('Save')")
    # Whatever the browser kept of the form: the same form is carried out once.
    if page.input_value("textarea[name='v.text']") == "Walk to chapel":
        page.click("button:has-text('Save')")
        page.wait_for_selector("[role=status]")
    page.goto(elm.url + "/")
    open_resident(page, "Adeyemi")
    assert page.locator(".plan h5", has_text="Walk to chapel").count() == 1
    assert elm.json("status")["entries"] == before


def test_a_site_that_was_removed_says_that_what_it_shows_is_old(sites, chromium, tmp_path):
    elm, _ = sites
    partnership = "Elm House and Oak"
    elm.kith("partnership", "create", partnership, "--purpose", "Respite")
    elm.kith("resident", "add", "familyName=Removed", "givenName=Rose", "--partnership", partnership)
    oak = Site(tmp_path / "oak", "Oak Lodge", "care-home")
    oak.add_user("kit", "Kit Oak", "care-staff", "carer")
    try:
        code = elm.json("partnership", "invite", partnership)["code"]
        oak.kith("partnership", "join", code, "--yes")
        oak.start()
        context = chromium.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.set_default_timeout(20_000)
        sign_in(page, oak, "kit")
        open_resident(page, "Removed")
        assert "No longer updated" not in page.inner_text("main")
        page.click("text=Add allergy")
        elm.kith("partnership", "remove", "Oak Lodge", "--partnership", partnership, "--yes")
        with pytest.raises(AssertionError, match="share no partnership any more"):
            oak.kith("sync")
        # The form stood open meanwhile.
        page.fill("[name='v.agent']", "Latex")
        page.click("button:has-text('Save')")
        assert "not a member of that partnership any more" in page.inner_text("[role=alert]")
        assert page.input_value("[name='v.agent']") == "Latex"
        shot(page, "removed-form")
        page.click("text=Leave without saving")
        assert "No longer updated" in page.inner_text(".alarm >> nth=0")
        # Nothing is offered that would be refused, and what is not here is not said not to exist.
        words = page.inner_text("main")
        for offer in ("Add ", "Change", "Comment", "Propose", "Acknowledge", "Sign off"):
            assert page.locator(f"main a:has-text('{offer}'), main button:has-text('{offer}')"
                                ).filter(has_not_text="What changed").count() == 0, offer
        assert "not shared with this site" in page.inner_text("section:has(#s-aboutMe)").lower()
        assert "nothing can be added or changed here" in words
        assert violations(page) == []
        for width, name in ((360, "phone"), (820, "tablet"), (1280, "desktop")):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            shot(page, f"removed-{name}")
        page.goto(oak.url + "/residents")
        assert "no longer updated" in page.inner_text("tbody")
        page.click("tbody a:has-text('Removed')")
        record = page.locator("a", has_text="History").first.get_attribute("href")
        for path in (record + "/edit", "/records/new?kind=allergy&parent=" + record.split("/")[-1]):
            answer = page.goto(oak.url + path)
            assert answer.status == 403 and "removed from that partnership" in page.inner_text("main")
        page.goto(oak.url + "/")
        page.click("nav >> text=Partners")
        assert "this site was removed" in page.inner_text("main")
        context.close()
    finally:
        oak.stop()
