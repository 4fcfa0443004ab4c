"""JUnit XML as Jenkins and its kin read it: a suite a source, a case a rule."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape as xml
from xml.sax.saxutils import quoteattr

from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.rules.registry import Rule
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.judged import Judged, Told, rules_run, told

SHOWN = 100
"""Findings of one rule that are written out; the rest is counted."""
_LEVELS = {s.name.lower(): s for s in Severity}


@dataclass(frozen=True)
class _Case:
    group: str
    name: str
    outcome: str = ""
    """`failure`, `error`, `skipped`, or empty for passed."""
    body: str = ""


def junit_lines(sources: Iterable[Judged], least: Severity | None) -> Iterator[str]:
    """The report; a rule fails when a finding of at least this severity stands, None for never."""
    suites = [(source.name, list(_cases(source, least))) for source in sources]
    every = [case for _, cases in suites for case in cases]
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    counts = f'tests="{len(every)}" failures="{_count(every, "failure")}" errors="{_count(every, "error")}"'
    yield f'<testsuites name="vdmabuf-inspect" {counts}>'
    for name, cases in suites:
        yield from _suite(name, cases)
    yield "</testsuites>"


def _suite(name: str, cases: list[_Case]) -> Iterator[str]:
    kinds = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    counts = " ".join(f'{attribute}="{_count(cases, outcome)}"' for attribute, outcome in kinds)
    yield _ascii(f'  <testsuite name={_quoted(name)} tests="{len(cases)}" {counts}>')
    for case in cases:
        head = f"    <testcase classname={_quoted(case.group)} name={_quoted(case.name)}"
        yield _ascii(f"{head}>{case.body}</testcase>" if case.body else f"{head}/>")
    yield "  </testsuite>"


def _cases(source: Judged, least: Severity | None) -> Iterator[_Case]:
    if source.session is None:
        yield _Case("source", "readable", "error", f'<error type="unreadable" message={_quoted(source.error)}/>')
        return
    yield _Case("source", "readable")
    yield _evidence(source)
    found: defaultdict[int, list[Told]] = defaultdict(list)
    for each in told(source.session):
        found[each.rule].append(each)
    for number, rule in rules_run(source.session):
        yield _case(rule, found[number], least)


def _evidence(source: Judged) -> _Case:
    if not source.incomplete:
        return _Case("source", "evidence complete")
    reason = (source.session.problem if source.session else "") or "some of the traffic was not seen"
    return _Case("source", "evidence complete", "skipped", f"<skipped message={_quoted(reason)}/>")


def _case(rule: Rule, found: list[Told], least: Severity | None) -> _Case:
    group, name = f"rules.{rule.code[:2]}", f"{rule.code} {rule.slug}"
    failing = [t for t in found if least is not None and _LEVELS[t.row["severity"]] >= least]
    if failing:
        first = failing[0].row
        message = first["message"] + (f" (and {len(failing) - 1} more)" if len(failing) > 1 else "")
        body = f'<failure type="{first["severity"]}" message={_quoted(message)}>{_listing(failing)}</failure>'
        return _Case(group, name, "failure", body)
    return _Case(group, name, "", f"<system-out>{_listing(found)}</system-out>" if found else "")


def _listing(found: list[Told]) -> str:
    lines = [_sentence(t) for t in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"... and {len(found) - SHOWN} more")
    return xml("\n".join(lines))


def _sentence(finding: Told) -> str:
    row = finding.row
    where = " ".join(filter(None, (row["queue"], row["buffer"])))
    return escape(f"#{row['seq']} {row['severity']} {where}: {row['message']} [{row['culprit']}, {row['confidence']}]")


def _quoted(text: str) -> str:
    return quoteattr(escape(text))


def _ascii(text: str) -> str:
    """The text with character references, so that it is right in whatever encoding it is written."""
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _count(cases: list[_Case], outcome: str) -> int:
    return sum(case.outcome == outcome for case in cases)
