"""Reports for other programs hold to their schemas and say the same as the text."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from tests.cli.recordings import PICTURE, save
from tests.cli.running import run
from tests.stories.story import Story
from vdmabuf_inspect.rules.registry import RULES

HERE = Path(__file__).parent
NAMES = ("clean", "faulty", "late", "cut")


def sarif(*arguments: object) -> Any:
    outcome = run("check", *arguments, "--format", "sarif")
    log = json.loads(outcome.out)
    schema = json.loads((HERE / "sarif.schema.json").read_text())
    jsonschema.validate(log, schema, format_checker=jsonschema.FormatChecker())
    return log["runs"][0]


def junit(*arguments: object) -> ElementTree.Element:
    outcome = run("check", *arguments, "--format", "junit")
    xmlschema.validate(outcome.out, HERE / "junit.xsd")
    return ElementTree.fromstring(outcome.out)


def rows(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--format", "json").out.splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_sarif_holds_to_its_schema_and_points_at_the_event(sources: Path, name: str) -> None:
    path = sources / f"{name}.pcapng"
    found = rows("findings", path)[1:]
    log = sarif(path)
    assert [r["ruleId"] for r in log["results"]] == [row["rule"] for row in found]
    rules = log["tool"]["driver"]["rules"]
    data = path.read_bytes()
    for result, row in zip(log["results"], found, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"] == row["message"] and result["level"] == row["severity"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == path.as_uri()
        record = data[place["region"]["byteOffset"] :][: place["region"]["byteLength"]]
        assert record[:2] == b"VQ" and len(record) == place["region"]["byteLength"]


def test_sarif_carries_every_rules_page(sources: Path) -> None:
    described = {rule["id"]: rule for rule in sarif(sources / "clean.pcapng")["tool"]["driver"]["rules"]}
    assert set(described) == set(RULES)
    for code, rule in RULES.items():
        assert rule.page["Why it is bad"] in described[code]["help"]["text"]


def test_sarif_says_what_could_not_be_read(sources: Path) -> None:
    invocation = sarif(sources / "late.pcapng", sources / "text.txt")["invocations"][0]
    levels = [notice["level"] for notice in invocation["toolExecutionNotifications"]]
    assert invocation["executionSuccessful"] is False and levels == ["warning", "error"]


@pytest.mark.parametrize("least", ["error", "warning", "note", "never"])
@pytest.mark.parametrize("name", NAMES)
def test_junit_holds_to_its_schema_and_fails_the_rules_that_the_exit_code_fails(
    sources: Path, name: str, least: str
) -> None:
    path = sources / f"{name}.pcapng"
    levels = {"error": 3, "warning": 2, "note": 1, "never": 9}
    found = rows("findings", path)[1:]
    expected = {f"{r['rule']} {r['slug']}" for r in found if levels[r["severity"]] >= levels[least]}
    root = junit(path, "--fail-on", least)
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == expected
    suite = root[0]
    assert int(suite.get("failures", "")) == len(expected) == int(root.get("failures", ""))
    assert int(suite.get("tests", "")) == len(suite) == len(RULES) + 2


def test_junit_has_a_suite_a_source_and_an_error_for_an_unreadable_one(sources: Path) -> None:
    root = junit(sources / "clean.pcapng", sources / "text.txt", "--select", "VL5*")
    assert [suite.get("errors") for suite in root] == ["0", "1"]
    assert "no capture" in (root[1][0][0].get("message") or "")
    assert root[0].find("testcase[@name='evidence complete']/skipped") is None


def test_junit_escapes_what_a_guest_says(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1, private=PICTURE[:12] + b"<&\x01\xff" + PICTURE[16:])
    junit(save(story, tmp_path / "<odd> & \x07name.pcapng"), "--fail-on", "note")


def test_json_has_the_promised_names(sources: Path) -> None:
    promised = {
        "messages": "seq time_ns queue direction command buffer size fields findings",
        "buffers": "buffer id vmid counter key state exports first_seq last_seq pages bytes presumed",
        "chains": "seq queue head kind state descriptors readable writable used_len latency_ns problem",
        "rings": "device queue index kind size desc avail used avail_idx used_idx in_flight missed features",
        "findings": "seq time_ns rule slug severity confidence culprit queue buffer clause message",
    }
    for view, names in promised.items():
        first, *rest = rows(view, sources / "faulty.pcapng")
        assert first["schema"] == "vdmabuf-inspect/1" and first["view"] == view and first["rows"] == len(rest)
        assert all(set(row) >= set(names.split()) for row in rest) and rest


def test_json_addresses_and_keys_are_hexadecimal(sources: Path) -> None:
    for row in rows("buffers", sources / "faulty.pcapng")[1:]:
        assert re.fullmatch("[0-9a-f]{32}", row["id"]) and row["id"].endswith(row["key"])
    for row in rows("rings", sources / "faulty.pcapng")[1:]:
        assert all(re.fullmatch("0x[0-9a-f]+", row[name]) for name in ("desc", "avail", "used"))
