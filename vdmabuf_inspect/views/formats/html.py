"""A report that can be attached to a bug: one HTML file with the findings, the rules' pages and the evidence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape as quoted

from vdmabuf_inspect import __version__
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.rules.registry import RULES, Rule
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.event_page import event_lines
from vdmabuf_inspect.views.formats.judged import Judged, Told, told
from vdmabuf_inspect.views.formats.rule_page import clause_text
from vdmabuf_inspect.views.names import seconds

_SHOWN, _LISTED = 5, 500
"""Findings of a rule whose event is shown in full, and that are listed at all."""
_GLYPHS = {"error": "✖", "warning": "▲", "note": "i"}
_STYLE = """
:root { color-scheme: light dark; --error: #c62f1d; --warning: #9a6700; --note: #1f6fb2; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --error: #ff7b6b; --warning: #f0b429; --note: #7cc0ff; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
code, pre, td.n { font-family: ui-monospace, monospace; font-size: 13px; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); border-radius: 4px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .15rem .6rem .15rem 0;
border-bottom: 1px solid var(--line); vertical-align: top; } td.n { text-align: right; white-space: nowrap; }
.error { color: var(--error); } .warning { color: var(--warning); } .note { color: var(--note); }
details > summary { cursor: pointer; } section { margin: 2rem 0; }
""".strip()


def html_lines(sources: Iterable[Judged]) -> Iterator[str]:
    """The report, a piece at a time; sources are asked for one after the other. It loads nothing from anywhere."""
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>vdmabuf-inspect: findings</title><style>{_STYLE}</style></head><body>"
    for source in sources:
        yield from _source(source)
    yield f"<footer><p>Made by vdmabuf-inspect {__version__}.</p></footer></body></html>"


def _source(source: Judged) -> Iterator[str]:
    yield f"<h1>{_safe(source.name)}</h1>"
    session = source.session
    if session is None:
        yield f'<p class="error">It could not be read: {_safe(source.error)}</p>'
        return
    found: dict[str, list[Told]] = defaultdict(list)
    for finding in told(session):
        found[finding.row["rule"]].append(finding)
    ordered = sorted(found.items(), key=lambda item: (-_worst(item[1]), item[0]))
    yield from _summary(source, session, ordered)
    for code, findings in ordered:
        yield from _rule(session, RULES[code], findings)


def _summary(source: Judged, session: Session, found: list[tuple[str, list[Told]]]) -> Iterator[str]:
    times = session.events.time_ns
    lasted = f", {seconds(session, int(times[-1]))} s" if len(times) else ""
    yield f"<p>{session.seq:,} events, {len(session.messages):,} messages, {len(session.objects):,} buffers{lasted}. "
    reason = session.problem or "some of the traffic was not seen"
    yield f"Evidence {f'incomplete: {_safe(reason)}' if source.incomplete else 'complete'}.</p>"
    if silenced := evidence(session).silenced:
        yield f"<p>{silenced:,} findings were silenced and are not in this report.</p>"
    if marks := session.remarked():
        yield "<table><tr><th>event</th><th>mark</th></tr>"
        yield from (
            f'<tr><td class="n">{row + 1}</td><td>{_safe(text)}</td></tr>' for row, text in sorted(marks.items())
        )
        yield "</table>"
    if not found:
        yield "<p>No rule was broken.</p>"
        return
    yield "<table><tr><th>rule</th><th></th><th>found</th><th>by</th></tr>"
    for code, findings in found:
        severity, rule = _worst(findings).name.lower(), RULES[code]
        who = ", ".join(sorted({finding.row["culprit"] for finding in findings}))
        yield f'<tr><td><a href="#{code}">{code}</a> {_safe(rule.slug)}</td><td class="{severity}">'
        yield f'{_GLYPHS[severity]} {severity}</td><td class="n">{len(findings):,}</td><td>{_safe(who)}</td></tr>'
    yield "</table>"


def _rule(session: Session, rule: Rule, findings: list[Told]) -> Iterator[str]:
    severity = _worst(findings).name.lower()
    yield f'<section id="{rule.code}"><h2 class="{severity}">{_GLYPHS[severity]} {rule.code} {_safe(rule.slug)}</h2>'
    yield f"<p>{severity}; {_safe(rule.culprit.value)}; {_safe(clause_text(rule.clause))}</p>"
    for part, text in rule.page.items():
        yield f"<p><strong>{part}.</strong> {_safe(text)}</p>"
    yield "<table><tr><th>event</th><th>time</th><th>queue</th><th>buffer</th><th>what</th></tr>"
    for finding in findings[:_LISTED]:
        yield _line(session, finding)
    yield "</table>"
    if len(findings) > _LISTED:
        yield f"<p>and {len(findings) - _LISTED:,} more</p>"
    yield from _evidence(session, findings)
    yield "</section>"


def _line(session: Session, finding: Told) -> str:
    row = finding.row
    doubt = "" if row["confidence"] == "certain" else f" ({row['confidence']})"
    cells = (f"{row['seq']}", seconds(session, row["time_ns"]), row["queue"] or "", row["buffer"] or "")
    numbers = "".join(f'<td class="n">{_safe(cell)}</td>' for cell in cells)
    return f"<tr>{numbers}<td>{_safe(row['message'])}{doubt}</td></tr>"


def _evidence(session: Session, findings: list[Told]) -> Iterator[str]:
    """The first few events in full."""
    events = dict.fromkeys(finding.row["seq"] for finding in findings)
    for seq in [seq for seq in events if 0 < seq <= session.seq][:_SHOWN]:
        lines = list(event_lines(detail(session, seq)))
        yield f"<details><summary><code>{_safe(lines[0])}</code></summary>"
        yield f"<pre>{quoted(chr(10).join(lines[1:]))}</pre></details>"


def _worst(findings: list[Told]) -> Severity:
    return max(Severity[finding.row["severity"].upper()] for finding in findings)


def _safe(text: str) -> str:
    return quoted(escape(text))
