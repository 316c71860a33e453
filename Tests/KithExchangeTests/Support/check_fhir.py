"""Checks the shape of every resource of a bundle by fhir.resources (R4B, where it equals R4)."""

import json
import sys

from fhir.resources.R4B import get_fhir_model_class

with open(sys.argv[1], encoding="utf-8") as file:
    bundle = json.load(file)
wrong = 0
counts = {}
names = set()
references = []


def walk(node):
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            references.append(node["reference"])
        for value in node.values():
            walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)


for entry in bundle["entry"]:
    resource = entry["resource"]
    kind = resource["resourceType"]
    counts[kind] = counts.get(kind, 0) + 1
    names.add(f"{kind}/{resource['id']}")
    walk(resource)
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except Exception as problem:
        wrong += 1
        print(f"{kind}/{resource['id']}: {str(problem)[:1000]}")
if len(names) != len(bundle["entry"]):
    wrong += 1
    print("two resources have one name")
for reference in references:
    if reference not in names:
        wrong += 1
        print(f"{reference} is not in the bundle")
try:
    get_fhir_model_class("Bundle").model_validate({**bundle, "entry": []})
except Exception as problem:
    wrong += 1
    print(f"Bundle: {str(problem)[:1000]}")
print(json.dumps({"wrong": wrong, "counts": counts}, sort_keys=True))
sys.exit(1 if wrong else 0)
