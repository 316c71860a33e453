"""Where only browsers with a certificate of an account get in: a real kithd and real TLS clients."""

import socket
import ssl
import subprocess

import pytest
from playwright.sync_api import Error

from conftest import PASSWORD, Site, shot

PASSPHRASE = "six brown teapots"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    site = Site(folder / "elm", "Elm House", "care-home")
    for login, name in (("mary", "Mary Okafor"), ("kim", "Kim Keys")):
        site.add_user(login, name, "care-staff,administrator", "deputy manager")
    site.start(KITH_WEB_BROWSERS="certificate")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    (folder / "passphrase").chmod(0o600)
    yield site, folder
    site.stop()


def issue(guarded, login, name):
    """The file that `kith user certificate` writes."""
    site, folder = guarded
    file = folder / name
    site.kith("user", "certificate", login, str(file), "--passphrase-file", str(folder / "passphrase"))
    assert file.stat().st_mode & 0o077 == 0
    return file


def context(chromium, site, file=None):
    if file is None:
        return chromium.new_context(ignore_https_errors=True)
    return chromium.new_context(ignore_https_errors=True, client_certificates=[
        {"origin": site.url, "pfx": file.read_bytes(), "passphrase": PASSPHRASE}])


def fill(page, site, login, password, new=""):
    page.fill("#login", login)
    page.fill("#password", password)
    page.fill("#code", site.code(login))
    if new:
        page.click("summary")
        page.fill("#new", new)
        page.fill("#again", new)
    page.click("button.main")


def is_shut(chromium, site, file=None):
    """Whether the browser gets no page at all."""
    tried = context(chromium, site, file)
    page = tried.new_page()
    try:
        answer = page.goto(site.url + "/sign-in", timeout=20_000)
        # A browser's own page about the failure is none of ours.
        return answer is None or page.locator("#login").count() == 0
    except Error:
        return True
    finally:
        tried.close()


def test_the_browser_that_holds_the_file_signs_in_and_a_revoked_one_does_not(guarded, chromium):
    site, _ = guarded
    assert is_shut(chromium, site), "without a certificate"
    mary, kim = issue(guarded, "mary", "mary.p12"), issue(guarded, "kim", "kim.p12")
    # Another's certificate does not open this account.
    other = context(chromium, site, kim)
    page = other.new_page()
    page.goto(site.url + "/sign-in")
    fill(page, site, "mary", site.accounts["mary"]["password"], PASSWORD)
    assert "not right" in page.inner_text("body")
    other.close()

    own = context(chromium, site, mary)
    page = own.new_page()
    page.goto(site.url + "/sign-in")
    fill(page, site, "mary", site.accounts["mary"]["password"], PASSWORD)
    page.wait_for_selector("h1:has-text('Today')")
    shot(page, "certificate")
    own.close()

    site.kith("user", "certificate", "mary", "--revoke")
    assert is_shut(chromium, site, mary), "revoked"
    assert not is_shut(chromium, site, kim), "others come in as before"
    site.kith("user", "disable", "kim")
    assert is_shut(chromium, site, kim), "disabled"


def test_one_of_another_site_or_of_ones_own_making_gets_no_page(guarded, chromium, tmp_path):
    site, folder = guarded
    stranger = Site(tmp_path / "oak", "Oak Lodge", "care-home")
    stranger.add_user("mary", "Mary Okafor", "care-staff", "carer")
    issue((stranger, folder), "mary", "stranger.p12")
    assert is_shut(chromium, site, folder / "stranger.p12")
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=mary", "-days", "9", "-keyout", str(tmp_path / "key.pem"),
            "-out", str(tmp_path / "own.pem")]
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-in", tmp_path / "own.pem", "-inkey", tmp_path / "key.pem",
         "-out", tmp_path / "own.p12", "-passout", f"pass:{PASSPHRASE}"], check=True, capture_output=True)
    assert is_shut(chromium, site, tmp_path / "own.p12")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_is_worth_nothing_once_its_certificate_is_revoked(guarded, tmp_path, version):
    site, _ = guarded
    site.add_user(f"ann{int(version)}", "Ann Other", "care-staff", "carer")
    file = issue(guarded, f"ann{int(version)}", f"ann{int(version)}.p12")
    pem = tmp_path / "ann.pem"
    subprocess.run(["openssl", "pkcs12", "-in", file, "-nodes", "-passin", f"pass:{PASSPHRASE}",
                    "-out", pem], check=True, capture_output=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.minimum_version = client.maximum_version = version
    client.load_cert_chain(pem)
    host, port = site.url.removeprefix("https://").split(":")

    def ask(session=None):
        with socket.create_connection((host, int(port)), timeout=20) as raw:
            with client.wrap_socket(raw, session=session) as tls:
                tls.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                text = b""
                while part := tls.recv(65536):
                    text += part
                return text, tls.session, tls.session_reused

    text, session, _ = ask()
    assert text.startswith(b"HTTP/1.1 200") and b'id="login"' in text
    text, _, reused = ask(session)
    assert text.startswith(b"HTTP/1.1 200") and reused, "the session can be resumed"
    site.kith("user", "certificate", f"ann{int(version)}", "--revoke")
    for resumed in (session, None):
        try:
            text, _, _ = ask(resumed)
        except (ssl.SSLError, ConnectionError):
            continue
        assert text.startswith(b"HTTP/1.1 403") and b'id="login"' not in text, text[:300]
        assert b"does not count here any more" in text
