"""Reads vCards by vobject and prints every property as one JSON list a card."""

import json
import sys

import vobject


def plain(value):
    return value if isinstance(value, str) else " ".join(value)


with open(sys.argv[1], encoding="utf-8", newline="") as file:
    text = file.read()
for card in vobject.readComponents(text):
    lines = []
    for name, values in sorted(card.contents.items()):
        for item in values:
            lines.append(f"{name.upper()} {plain(item.value)}")
    print(json.dumps(lines))
