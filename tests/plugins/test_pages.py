"""What the rules of the shipped plugins say of themselves: pages, texts, names; and that each is tested."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.rules.registry import RULES, On, Rule

FACTS = {"a", "b", "queue", "head", "buffer", "other", "dialect", "command", "note", "request", "feature"}
TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))


@pytest.fixture(scope="module")
def shipped() -> Iterator[list[Rule]]:
    door = Door(user=False)
    before = set(RULES)
    door.open()
    assert not door.open_wide()
    yield [rule for code, rule in RULES.items() if code not in before]
    door.close()


def test_pages_have_three_parts(shipped: list[Rule]) -> None:
    for rule in shipped:
        assert list(rule.page) == ["What it does", "Why it is bad", "Example"], rule.code
        assert all(len(part) > 15 and part.endswith((".", "`.", ")")) for part in rule.page.values()), rule.code


def test_texts_format(shipped: list[Rule]) -> None:
    for rule in shipped:
        for variant in rule.text.split("|"):
            names = {name for _, name, _, _ in Formatter().parse(variant) if name is not None}
            assert names <= FACTS, rule.code
            assert variant.format_map(dict.fromkeys(FACTS, 0))


def test_codes_and_names(shipped: list[Rule]) -> None:
    assert len({rule.slug for rule in shipped}) == len(shipped) > 80
    families = {rule.protocol: set[str]() for rule in shipped}
    for rule in shipped:
        assert re.fullmatch(r"V[A-Z]8\d\d", rule.code)
        assert rule.slug.startswith(f"{rule.protocol}-")
        assert rule.on is On.MESSAGES
        assert rule.clause
        families[rule.protocol].add(rule.code[:2])
    assert all(len(codes) == 1 for codes in families.values()), "one family of codes a protocol"
    assert len(set().union(*families.values())) == len(families)


def test_each_is_seen_to_fire(shipped: list[Rule]) -> None:
    assert [rule.code for rule in shipped if rule.code not in TESTS] == []
