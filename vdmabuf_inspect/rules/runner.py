"""Runs rules over a batch of columns and keeps what they found."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log
from vdmabuf_inspect.model.finding import Confidence, Culprit, Quirk, Severity
from vdmabuf_inspect.rules.registry import RULES, History, Hits, On, Per, Rule, Standing, number_of

CULPRITS = tuple(Culprit)
SENDERS = {"vhost-user": (Culprit.FRONT_END, Culprit.BACK_END)}
"""Who sends messages, by protocol, where it is not driver and device."""
MOST_FAILURES = 10
"""A rule that raised so often is switched off."""


def finding_log() -> Log:
    """Findings: rule (index into `registry.numbered()`), event row, where, how bad, two numbers for the text.

    `last` is the event row of the latest repetition of a standing condition, `count` how often it held.
    """
    return Log(
        rule=np.uint16, row=np.int32, qid=np.int32, object=np.int32, severity=np.uint8, confidence=np.uint8,
        culprit=np.uint8, a=np.int64, b=np.int64, count=np.uint32, last=np.int32,
    )  # fmt: skip


@dataclass(eq=False, repr=False)
class Table:
    """The columns that every rule table offers to the runner, whatever else it has."""

    columns: Any
    row: Array
    qid: Array
    object: Array
    complete: Array
    stale: Array
    from_device: Array


@dataclass(eq=False, repr=False)
class Runner:
    """Applies the selected rules; one for a session.

    device_of: device numbers of queue numbers (-1 for -1).
    quirks: by device number, the rules that the device's dialect always breaks.
    failed: told of a rule that raised, with what, and the first event row of its columns (-1 for clock rules).
    """

    findings: Log
    device_of: Callable[[Array], Array]
    quirks: dict[int, Mapping[str, Quirk]] = field(default_factory=dict)
    enabled: frozenset[str] | None = None
    failed: Callable[[Rule, Exception, int], None] = lambda rule, error, row: None
    _failures: dict[str, int] = field(default_factory=dict)
    _standing: dict[tuple[int, int], int] = field(default_factory=dict)

    def select(self, on: On, protocol: str = "") -> list[Rule]:
        """The rules that read this kind of columns."""
        return [
            r
            for r in tuple(RULES.values())  # another thread may be importing some
            if r.on is on and r.protocol == protocol and (self.enabled is None or r.code in self.enabled)
        ]

    def run(self, rules: Iterable[Rule], table: Table) -> None:
        """Judge a batch."""
        trusted = ~table.stale
        for rule in rules:
            found = self._ask(rule, table.columns, int(table.row[0])) if len(table.row) else None
            if found is None:
                continue
            hits = found if isinstance(found, Hits) else Hits(found)
            self._keep(rule, table, hits, trusted)

    def stand(self, rules: Iterable[Rule], clock: Any) -> None:
        """Judge the state after a batch."""
        for rule in rules:
            for hit in self._ask(rule, clock, -1) or ():
                self._tell(rule, hit)

    def _ask(self, rule: Rule, columns: Any, row: int) -> Any:
        """What the rule says; one that raises is told of, and is not asked any more after MOST_FAILURES times."""
        if self._failures.get(rule.code, 0) >= MOST_FAILURES:
            return None
        try:
            return rule.check(columns)
        except Exception as error:
            self._failures[rule.code] = self._failures.get(rule.code, 0) + 1
            self.failed(rule, error, row)
            return None

    def _keep(self, rule: Rule, table: Table, hits: Hits, trusted: Array) -> None:
        at = np.flatnonzero(hits.at) if hits.at.dtype == bool else hits.at
        base = rule.severity if hits.severity is None else hits.severity
        a, b, base = (v[at] if isinstance(v, np.ndarray) else np.full(len(at), v) for v in (hits.a, hits.b, base))
        keep = trusted[at]
        if rule.history is History.NEEDED:
            keep &= table.complete[at]
        at, a, b, base = at[keep], a[keep], b[keep], base[keep]
        if not len(at):
            return
        certain = table.complete[at] | (rule.history is not History.HELPS)
        columns = {
            "row": table.row[at], "qid": table.qid[at], "object": table.object[at],
            "a": a, "b": b,
            "confidence": np.where(certain, Confidence.CERTAIN, Confidence.POSSIBLE),
            "culprit": self._culprit(rule, (table.from_device & ~np.asarray(hits.by_driver))[at]),
        }  # fmt: skip
        habit = self._habit(rule, columns["qid"], columns["a"])
        columns["severity"] = np.where(habit, Severity.NOTE, base).astype(np.uint8)
        once = np.ones(len(at), bool) if rule.per is not Per.EACH else habit
        if not once.all():
            self._append(rule, {name: column[~once] for name, column in columns.items()})
        if once.any():
            self._append_standing(rule, {name: column[once] for name, column in columns.items()})

    def _habit(self, rule: Rule, qid: Array, a: Array) -> Array:
        """Mask: the device's dialect always does this, so that it is a note, told once a queue."""
        result = np.zeros(len(qid), bool)
        for device, quirks in self.quirks.items():
            quirk = quirks.get(rule.code)
            if quirk is not None:
                result |= (self.device_of(qid) == device) & ((quirk.only is None) | (a == quirk.only))
        return result

    def _append(self, rule: Rule, columns: Mapping[str, Array]) -> None:
        count = len(columns["row"])
        self.findings.append(count, rule=number_of(rule.code), count=1, last=columns["row"], **columns)

    def _append_standing(self, rule: Rule, columns: Mapping[str, Array]) -> None:
        key = self._key(rule, columns)
        _, first, group, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        last = np.zeros(len(first), np.int64)
        np.maximum.at(last, group, columns["row"])
        for i, count, end in zip(first, counts, last, strict=True):
            known = self._standing.get((number_of(rule.code), int(key[i])))
            if known is None:
                self._standing[(number_of(rule.code), int(key[i]))] = len(self.findings)
                self._append(rule, {name: column[i : i + 1] for name, column in columns.items()})
                known = len(self.findings) - 1
                count -= 1  # noqa: PLW2901
            self.findings.set("count", np.array([known]), self.findings.count[known] + count)
            self.findings.set("last", np.array([known]), end)

    def _key(self, rule: Rule, columns: Mapping[str, Array]) -> Array:
        if rule.per is Per.OBJECT:
            return columns["object"]
        if rule.per is not Per.DEVICE:
            return columns["qid"]
        return self.device_of(columns["qid"])

    def _tell(self, rule: Rule, hit: Standing) -> None:
        subject = {Per.EACH: hit.row, Per.OBJECT: hit.object, Per.QUEUE: hit.qid}.get(rule.per)
        if rule.on is On.SESSION:
            subject = hit.a  # each of the tool's notes is one subject
        if subject is None:
            subject = int(self.device_of(np.array([hit.qid]))[0])
        key = (number_of(rule.code), subject)
        if key in self._standing or (rule.history is History.NEEDED and not hit.certain):
            return
        self._standing[key] = len(self.findings)
        qid = np.array([hit.qid])
        self._append(
            rule,
            {
                "row": np.array([hit.row]), "qid": qid, "object": np.array([hit.object]),
                "severity": np.where(self._habit(rule, qid, np.array([hit.a])), Severity.NOTE, rule.severity),
                "a": np.array([hit.a]), "b": np.array([hit.b]),
                "confidence": np.array([Confidence.CERTAIN if hit.certain else Confidence.POSSIBLE]),
                "culprit": self._culprit(rule, np.zeros(1, bool), hit.culprit),
            },
        )  # fmt: skip

    def _culprit(self, rule: Rule, from_device: Array, known: Culprit | None = None) -> Array:
        culprit = known or rule.culprit
        if culprit is not Culprit.EITHER:
            return np.full(len(from_device), CULPRITS.index(culprit), np.uint8)
        driver, device = SENDERS.get(rule.protocol, (Culprit.DRIVER, Culprit.DEVICE))
        return np.where(from_device, CULPRITS.index(device), CULPRITS.index(driver)).astype(np.uint8)
