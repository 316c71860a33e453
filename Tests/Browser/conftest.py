"""Two real sites that share plans, and a real browser in front of them."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import sqlite3
import struct
import subprocess
import time
from contextlib import closing

import pytest
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("KITH_BIN", ROOT / ".build/debug"))
SHOTS = ROOT / ".build/screenshots"
PASSWORD = "seven green kettles"


class Site:
    """A home with its daemon."""

    def __init__(self, home, name, kind, *more):
        self.home = str(home)
        self.daemon = None
        self.web = self.listen = "127.0.0.1:0"
        self.accounts = {}
        self.codes = {}
        self.kith("init", "--name", name, "--kind", kind, *more)

    def kith(self, *arguments):
        environment = dict(os.environ, KITH_WEB_LISTEN="off")
        for _ in range(100):
            done = subprocess.run(
                [BIN / "kith", "--home", self.home, *arguments], capture_output=True, text=True,
                env=environment, timeout=120)
            # A daemon syncs by itself when it starts: the commands wait for the end of that.
            if "a session with" not in done.stderr or "running already" not in done.stderr:
                break
            time.sleep(0.1)
        assert done.returncode == 0, f"kith {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.kith(*arguments, "--json"))

    def add_user(self, login, name, roles, title, *more):
        self.accounts[login] = self.json(
            "user", "add", login, "--name", name, "--roles", roles, "--title", title, *more)

    def start(self, **more):
        # Begun again, it is where browsers and partners know it.
        environment = dict(os.environ, KITH_WEB_LISTEN=self.web, **more)
        self.daemon = subprocess.Popen(
            [BIN / "kithd", "--home", self.home, "--listen", self.listen],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=environment)
        lines, places = [], {}
        for line in self.daemon.stderr:
            lines.append(line)
            for what, pattern in (("web", r"the web page is at https://([\d.:]+)/"),
                                  ("listen", r"listening on ([\d.:]+)")):
                found = re.search(pattern, line)
                if found:
                    places[what] = found[1]
            if len(places) == 2:
                break
        else:
            pytest.fail("the daemon does not serve: " + "".join(lines))
        self.web, self.listen = places["web"], places["listen"]
        self.url = f"https://{self.web}"

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(timeout=30)

    def while_stopped(self, *statements):
        """Changes what lies on its disk while it is stopped, as time or another program would have."""
        self.stop()
        with closing(sqlite3.connect(pathlib.Path(self.home) / "kith.sqlite")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        self.start()

    def next_code(self, login):
        """A code that was not used yet: each counts once."""
        last = self.codes.get(login)
        while self.code_of(login) == last:
            time.sleep(0.2)
        return self.code(login)

    def code(self, login):
        self.codes[login] = self.code_of(login)
        return self.codes[login]

    def code_of(self, login):
        key = base64.b32decode(self.accounts[login]["codeSecret"])
        digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
        start = digest[-1] & 15
        number = struct.unpack(">I", digest[start:start + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"


def bundle(path):
    """The residents of the quickstart, and one whose name is an attack."""
    text = json.loads((ROOT / "Scripts/quickstart-residents.json").read_text())
    text["entry"].append({
        "fullUrl": "urn:uuid:res-x",
        "resource": {
            "resourceType": "Patient", "id": "res-x",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990001219"}],
            "name": [{
                "use": "official", "family": "<script>alert(1)</script>",
                "given": ["\"><img src=x onerror=alert(2)>"]}],
            "birthDate": "1940-05-05", "gender": "female"}})
    path.write_text(json.dumps(text))
    return str(path)


@pytest.fixture(scope="session")
def sites(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites")
    elm = Site(folder / "elm", "Elm House", "care-home")
    river = Site(folder / "river", "Riverside Surgery", "gp-practice", "--ods", "A81001")
    partnership = "Elm House and Riverside"
    elm.kith("partnership", "create", partnership, "--purpose", "Joint care plans")
    elm.kith("import", "fhir", bundle(folder / "residents.json"))
    elm.add_user("mary", "Mary Okafor", "care-staff,administrator,auditor", "deputy manager")
    elm.add_user("keys", "Kim Keys", "care-staff", "carer")
    elm.add_user("plain", "Pat Plain", "care-staff", "carer")
    elm.add_user("olu", "Olu Night", "care-staff", "night carer", "--compartments", "personal")
    elm.add_user("ada", "Ada Auditor", "auditor", "governance lead")
    elm.add_user("left", "Lee Left", "reviewer", "nurse")
    river.add_user("anil", "Dr Anil Rao", "clinician,reviewer", "general practitioner")
    elm.kith("contact", "add", "name=Nurse Joy Adu", "role=community nurse", "phone=01632 960001",
             "email=joy@example.org")
    try:
        elm.start()
        code = elm.json("partnership", "invite", partnership, "--may-attest")["code"]
        river.kith("partnership", "join", code, "--yes")
        river.start()
        allergy = elm.json("allergy", "list", "--search", "penicillin")["allergies"][0]["short"]
        for site, severity, who in ((elm, "severe", "Mary Okafor"), (river, "moderate", "Dr Rao")):
            seen = str(site.json("record", "get", allergy)["version"])
            site.kith("allergy", "edit", allergy, f"severity={severity}", "--seen", seen,
                      "--as", who, "--role", "clinician")
        river.kith("sync")
        yield elm, river
    finally:
        river.stop()
        elm.stop()


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("KITH_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"])
        yield browser
        browser.close()


STATES = {}


def sign_in(page, site, login):
    """Signs in with the password that was made for the account, and replaces it."""
    page.goto(site.url + "/")
    page.fill("#login", login)
    page.fill("#password", site.accounts[login]["password"])
    page.fill("#code", site.code(login))
    page.click("summary")
    page.fill("#new", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("button.main")
    page.wait_for_selector("nav.tabs")


@pytest.fixture
def visit(chromium):
    """Opens a page as somebody; signed in once, as each code counts once."""
    contexts = []

    def open_page(site, login, **options):
        if (site.home, login) not in STATES:
            first = chromium.new_context(ignore_https_errors=True)
            page = first.new_page()
            page.set_default_timeout(20_000)
            sign_in(page, site, login)
            STATES[(site.home, login)] = first.storage_state()
            first.close()
        context = chromium.new_context(
            ignore_https_errors=True, storage_state=STATES[(site.home, login)],
            **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.goto(site.url + "/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def shot(page, name):
    """Keeps a screenshot for people to look at."""
    file = SHOTS / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)
