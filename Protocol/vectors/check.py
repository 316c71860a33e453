#!/usr/bin/env python3
"""Computes again, from the pages of the protocol alone, what the vectors hold that needs only
hashes: entry hashes, frontier digests, identifiers, invitations, letterboxes, compared words, the groups of
recovery kits, commitments, blinded ids and fingerprints. Prints what does not match, and exits with 1 if anything does not."""

import hashlib
import hmac
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent
COMPARTMENTS = ["membership", "relations", "personal", "clinical", "restricted"]
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

wrong = []
checked = 0


def vectors(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def check(vector, what, computed, stored):
    global checked
    checked += 1
    if computed != stored:
        wrong.append(f"{vector['name']}: {what} is {stored}, but should be {computed}")


def sha256(data):
    return hashlib.sha256(data).digest()


def keyed(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def label(text):
    return text.encode("ascii") + b"\0"


def big(number, size):
    return int(number).to_bytes(size, "big")


def derived(name, first, second):
    return sha256(label(name) + big(len(first), 1) + first + second)[:16]


def base32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]


def check_digit(digits):
    total, factor = 0, 2
    for digit in reversed(digits):
        product = digit * factor
        total += product // 32 + product % 32
        factor = 3 - factor
    return -total % 32


def grouped(data, run, group, numbered=False):
    digits, checked_digits = base32(data), []
    for number, at in enumerate(range(0, len(digits), run)):
        part = digits[at : at + run]
        checked_digits += part + [(check_digit(part) + (number if numbered else 0)) % 32]
    text = "".join(ALPHABET[digit] for digit in checked_digits)
    return "-".join(text[at : at + group] for at in range(0, len(text), group))


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


for vector in vectors("header"):
    check(vector, "hash", sha256(bytes.fromhex(vector["bytes"])).hex(), vector["hash"])

for vector in vectors("frontier-digest"):
    leaves = sorted(
        (
            bytes.fromhex(leaf["author"]),
            big(leaf["incarnation"], 8),
            big(leaf["sequence"], 8),
            bytes.fromhex(leaf["hash"]),
        )
        for leaf in vector["leaves"]
    )
    digest = sha256(b"".join(b"".join(leaf) for leaf in leaves))
    check(vector, "digest", digest.hex(), vector["digest"])

for vector in vectors("identifiers"):
    founder = bytes.fromhex(vector["founder"])
    partnership = derived("kith partnership v1", founder, bytes.fromhex(vector["nonce"]))
    kind, source = vector["kind"].encode(), vector["source"].encode()
    imported = derived("kith import v1", partnership, kind + b"\0" + source)
    check(vector, "site text", grouped(founder, 13, 7), vector["siteText"])
    check(vector, "partnership", partnership.hex(), vector["partnership"])
    check(vector, "imported", imported.hex(), vector["imported"])
    singleton = derived("kith singleton v1", imported, kind)
    check(vector, "singleton", singleton.hex(), vector["singleton"])

for vector in vectors("invitation"):
    inviter, joiner = bytes.fromhex(vector["inviter"]), bytes.fromhex(vector["joiner"])
    partnership, secret = bytes.fromhex(vector["partnership"]), bytes.fromhex(vector["secret"])
    message = b"\x08\x01" + field(2, inviter) + field(3, partnership) + field(4, secret)
    message += b"\x28" + varint(vector["expiresS"])
    message += b"".join(field(6, address.encode()) for address in vector["addresses"])
    check(vector, "text", grouped(message, 5, 6), vector["text"])
    check(vector, "id", sha256(label("kith invitation v1") + secret)[:8].hex(), vector["id"])
    proof = keyed(secret, label("kith join v1") + inviter + joiner + partnership)
    check(vector, "proof", proof.hex(), vector["proof"])

for vector in vectors("left-join"):
    relay, secret = bytes.fromhex(vector["relay"]), bytes.fromhex(vector["secret"])
    letterbox = sha256(label("kith letterbox v1") + relay + secret)[:16]
    check(vector, "letterbox", letterbox.hex(), vector["letterbox"])
    request = bytes.fromhex(vector["ciphertext"])
    check(vector, "hash", sha256(request).hex(), vector["hash"])

rows = (FOLDER.parent / "words.md").read_text(encoding="utf-8").split("| --- |")[-1]
WORDS = [cell.strip() for cell in rows.split("\n", 1)[1].split("|") if cell.strip()]
for vector in vectors("compared-words"):
    sites = bytes.fromhex(vector["dialler"]) + bytes.fromhex(vector["waiter"])
    nonce = bytes.fromhex(vector["diallerNonce"])
    commitment = sha256(label("kith pair commitment v1") + sites + nonce)
    check(vector, "commitment", commitment.hex(), vector["commitment"])
    both = nonce + bytes.fromhex(vector["waiterNonce"])
    bits = base32(sha256(label("kith pair words v1") + sites + both))[:6]
    check(vector, "words", [WORDS[number] for number in bits], vector["words"])

for vector in vectors("recovery-kit"):
    kit = bytes.fromhex(vector["bytes"])
    check(vector, "text", grouped(kit, 5, 6, numbered=True), vector["text"])
    check(vector, "head", kit[:2], b"\x01\x11")

for vector in vectors("compartment-key"):
    commitment = sha256(label("kith key v1") + bytes.fromhex(vector["key"]))
    check(vector, "commitment", commitment.hex(), vector["commitment"])

for vector in vectors("session"):
    dialled = bytes.fromhex(vector["initiatorNonce"])
    salt = dialled + bytes.fromhex(vector["responderNonce"])
    held = []
    buckets = [[] for _ in vector["buckets"]]
    for shared in vector["shared"]:
        number = COMPARTMENTS.index(shared["compartment"]) + 1
        blinded = keyed(salt, bytes.fromhex(shared["partnership"]) + big(number, 1))[:16]
        check(vector, "blinded id", blinded.hex(), shared["blindedID"])
        digest = bytes.fromhex(shared["frontierDigest"])
        bucket = int.from_bytes(blinded[:2], "big") * len(buckets) >> 16
        buckets[bucket].append(blinded + digest)
        first = keyed(dialled, bytes.fromhex(shared["partnership"]) + big(number, 1))[:16]
        held.append(first + digest)
    for content, expected in zip(buckets, vector["buckets"]):
        check(vector, "bucket", sha256(b"".join(sorted(content)))[:8].hex(), expected)
    fingerprint = sha256(dialled + b"".join(sorted(held)))
    check(vector, "fingerprint", fingerprint.hex(), vector["fingerprint"])

for line in wrong:
    print(line)
print(f"{checked} checked, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
