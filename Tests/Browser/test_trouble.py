"""The real kithd on a disk that takes nothing while people use its page."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing

import pytest

from conftest import BIN, PASSWORD, Site, shot, sign_in
from test_pages import violations

SHIM = BIN / "libkith-faulty-disk.so"
LONG = "She slept from ten to six and ate all of her breakfast. " * 300


@pytest.mark.parametrize("error, words", [
    ("ENOSPC", "the disk is full"), ("EROFS", "cannot be written")])
def test_what_the_disk_does_not_take_stays_in_its_form(chromium, tmp_path, error, words):
    assert SHIM.exists(), "build the whole package first"
    site = Site(tmp_path / "elm", "Elm House", "care-home")
    site.add_user("mary", "Mary Okafor", "care-staff,administrator,auditor", "deputy manager")
    partnership = site.json("partnership", "list")["partnerships"][0]["name"]
    site.kith("resident", "add", "familyName=Whitfield", "givenName=Nell", "--partnership", partnership)
    trouble = tmp_path / "trouble"
    script = tmp_path / "script"
    script.write_text(
        f"root {site.home}\ntrace {tmp_path}/trace\nfail 1 {error} on\nduring {trouble}\n")
    site.start(LD_PRELOAD=str(SHIM), KITH_FAULTY_DISK=str(script))
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    try:
        sign_in(page, site, "mary")
        page.goto(site.url + "/residents")
        page.click("tbody a:has-text('Whitfield')")
        resident = page.url
        page.click("text=Add something to this >> nth=0")
        page.click("details.add a:has-text('Note') >> nth=0")
        page.fill("textarea[name='v.text']", LONG)
        before = site.json("status")["entries"]
        trouble.write_text("")

        page.click("button:has-text('Save')")
        alert = page.inner_text("[role=alert]")
        assert "Not saved" in alert and words in alert, alert
        # What to do is said, and what was typed is there.
        assert re.search("free|space|mount|read-only|writable", alert), alert
        assert page.input_value("textarea[name='v.text']").strip() == LONG.strip()
        assert violations(page) == []
        shot(page, f"disk-{error}")
        # Everything can be read meanwhile; what needs the disk says so on a page, and nothing dies.
        for path in ("/", "/residents", "/conflicts", "/contacts", "/partnership", "/round", "/audit"):
            with_form = page.context.new_page()
            answer = with_form.goto(site.url + path)
            assert answer.status == 200, path
            with_form.close()
        reader = page.context.new_page()
        assert reader.goto(resident).status == 200
        assert "Whitfield" in reader.inner_text("h1")
        reader.click("button:has-text('I have read it')")
        text = reader.inner_text("main")
        assert words in text.lower() or "read everything up to" in text, text
        stranger = chromium.new_context(ignore_https_errors=True)
        other = stranger.new_page()
        other.goto(site.url + "/sign-in")
        other.fill("#login", "mary")
        other.fill("#password", PASSWORD)
        other.fill("#code", "000000")
        other.click("button.main")
        assert words in other.inner_text("body").lower() or "not right" in other.inner_text("body")
        stranger.close()
        assert site.daemon.poll() is None

        trouble.unlink()
        assert site.json("status")["entries"] == before
        page.click("button:has-text('Save')")
        page.wait_for_selector("[role=status]:has-text('Saved')")
        assert site.json("status")["entries"] == before + 1
        notes = site.json("note", "list")["notes"]
        assert len(notes) == 1
    finally:
        context.close()
        site.stop()
    assert site.daemon.returncode == 0
    site.kith("rebuild", "--check")
    site.kith("verify")


def test_a_database_of_a_newer_program_is_told_in_one_line_and_left_alone(chromium, tmp_path):
    site = Site(tmp_path / "elm", "Elm House", "care-home")
    site.add_user("mary", "Mary Okafor", "care-staff", "deputy manager")
    partnership = site.json("partnership", "list")["partnerships"][0]["name"]
    site.kith("resident", "add", "familyName=Whitfield", "givenName=Nell", "--partnership", partnership)
    database = tmp_path / "elm/kith.sqlite"

    def schema(version):
        with closing(sqlite3.connect(database)) as file:
            file.execute(f"PRAGMA user_version = {version}")

    site.start()
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(20_000)
    try:
        sign_in(page, site, "mary")
        page.goto(site.url + "/residents")
        page.click("tbody a:has-text('Whitfield')")
        resident = page.url
        # A newer program changes it while this one runs.
        schema(99)
        for path in (resident, site.url + "/", site.url + "/sign-in"):
            answer = page.goto(path)
            assert answer.status == 503
            text = page.inner_text("main")
            assert "newer version of Kith" in text and "install that version or newer" in text, text
            assert "Whitfield" not in text
        assert violations(page) == []
        shot(page, "newer-database")
        schema(1)
        assert page.goto(resident).status == 200
        assert "Whitfield" in page.inner_text("h1")
    finally:
        context.close()
        site.stop()
    # And no older program starts on it, or changes a byte.
    schema(99)
    before = database.read_bytes()
    for program in ([BIN / "kithd", "--home", site.home, "--listen", "127.0.0.1:0"],
                    [BIN / "kith", "--home", site.home, "status"]):
        done = subprocess.run(program, capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, KITH_WEB_LISTEN="127.0.0.1:0"))
        lines = [line for line in done.stderr.splitlines() if line]
        assert done.returncode == 1 and len(lines) == 1, done.stderr
        assert "newer version of Kith" in lines[0] and "install that version or newer" in lines[0]
    assert database.read_bytes() == before
