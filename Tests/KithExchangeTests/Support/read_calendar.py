"""Reads a calendar by icalendar and prints one JSON object an event."""

import json
import sys

import icalendar

with open(sys.argv[1], "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
for event in calendar.walk("VEVENT"):
    duration = event.get("DURATION")
    print(
        json.dumps(
            {
                "summary": str(event["SUMMARY"]),
                "start": event["DTSTART"].dt.isoformat(),
                "minutes": duration.dt.total_seconds() / 60 if duration else None,
                "status": str(event["STATUS"]),
                "uid": str(event["UID"]),
            },
            sort_keys=True,
        )
    )
