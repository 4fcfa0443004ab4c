"""SARIF 2.1.0: one run over all sources, the rules with their pages, a result a finding."""

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from vdmabuf_inspect import __version__
from vdmabuf_inspect.rules.registry import Rule
from vdmabuf_inspect.views.formats.judged import Judged, Told, in_force, told

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PROPERTIES = ("seq", "time_ns", "queue", "buffer", "culprit", "confidence", "clause")


def sarif_lines(sources: Iterable[Judged]) -> Iterator[str]:
    """The report, a line a result; sources are asked for one after the other."""
    notes: list[dict[str, Any]] = []
    readable = True
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{'
    yield f'"tool": {json.dumps({"driver": _driver()})},'
    yield '"results": ['
    between = ""
    for source in sources:
        notes += _notifications(source)
        readable &= source.session is not None
        for line in _results(source):
            yield f"{between}{line}"
            between = ","
    yield "],"
    yield f'"invocations": [{json.dumps({"executionSuccessful": readable, "toolExecutionNotifications": notes})}]'
    yield "}]}"


def _driver() -> dict[str, Any]:
    return {
        "name": "vdmabuf-inspect",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for _, rule in in_force()],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    page = rule.page
    does = page.get("What it does", rule.slug)
    markdown = "\n\n".join(f"**{part}**: {text}" for part, text in page.items())
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.slug.replace("-", " ")},
        "fullDescription": {"text": does},
        "help": {"text": "\n".join(f"{part}: {text}" for part, text in page.items()) or does, "markdown": markdown},
        "defaultConfiguration": {"level": rule.severity.name.lower()},
        "properties": {"clause": rule.clause, "culprit": rule.culprit.value, "tags": [rule.protocol or "virtqueue"]},
    }


def _results(source: Judged) -> Iterator[str]:
    if source.session is not None:
        places = {number: place for place, (number, _) in enumerate(in_force())}
        for finding in told(source.session):
            yield json.dumps(_result(source, finding, places[finding.rule]))


def _result(source: Judged, finding: Told, rule_index: int) -> dict[str, Any]:
    row, session = finding.row, source.session
    assert session is not None
    return {
        "ruleId": row["rule"],
        "ruleIndex": rule_index,
        "level": row["severity"],
        "message": {"text": row["message"]},
        "locations": [_location(source, row)],
        "occurrenceCount": int(session.findings.count[finding.number]),
        "properties": {name: row[name] for name in _PROPERTIES if row[name] is not None},
    }


def _location(source: Judged, row: dict[str, Any]) -> dict[str, Any]:
    where = f"{source.name}#{row['seq']}"
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": where, "kind": "event"}]}
    session = source.session
    event = row["seq"] - 1
    if source.path is not None and session is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(source.path)}}
        if 0 <= event < session.seq:
            offset = int(session.events.offset[event])
            physical["region"] = {"byteOffset": offset, "byteLength": session.record_size(event)}
        location["physicalLocation"] = physical
    return location


def _notifications(source: Judged) -> list[dict[str, Any]]:
    if source.session is None:
        return [{"level": "error", "message": {"text": source.error}}]
    if not source.incomplete:
        return []
    reason = source.session.problem or "some of the traffic was not seen"
    return [{"level": "warning", "message": {"text": f"{source.name}: evidence incomplete: {reason}"}}]


def _uri(path: str) -> str:
    return PurePath(path).as_uri() if path.startswith("/") else quote(path.encode("utf-8", "surrogateescape"))
