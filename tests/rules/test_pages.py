"""What a rule says of itself: its page, its text, its place in the catalogue."""

import re
from string import Formatter

import pytest

from tests.rules.catalogue import CATALOGUE
from vdmabuf_inspect.rules.registry import RULES, History, On, Rule, numbered, rule
from vdmabuf_inspect.session import catalogue

assert catalogue
FACTS = {"a", "b", "queue", "head", "buffer", "other", "dialect", "command", "note", "request", "feature"}
FAMILY = {
    "VR": On.EVENTS,
    "VH": On.MESSAGES,
    "VM": On.MESSAGES,
    "VI": On.MESSAGES,
    "VL": On.MESSAGES,
    "VP": On.MESSAGES,
}


@pytest.mark.parametrize("each", RULES.values(), ids=list(RULES))
class TestRule:
    def test_page_has_three_parts(self, each: Rule) -> None:
        assert list(each.page) == ["What it does", "Why it is bad", "Example"]
        assert all(len(part) > 15 and part.endswith((".", "`.", ")")) for part in each.page.values()), each.page

    def test_text_formats(self, each: Rule) -> None:
        for variant in each.text.split("|"):
            names = {name for _, name, _, _ in Formatter().parse(variant) if name is not None}
            assert names <= FACTS
            assert variant.format_map(dict.fromkeys(FACTS, 0))

    def test_is_as_the_catalogue_has_it(self, each: Rule) -> None:
        entry = CATALOGUE[each.code]
        assert (each.slug, each.severity, each.culprit) == (entry.slug, entry.severity, entry.culprit)

    def test_code_slug_and_protocol_have_their_shape(self, each: Rule) -> None:
        assert re.fullmatch(r"V[RHMILPX]\d{3}", each.code)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", each.slug)
        assert bool(each.protocol) == (each.code[:2] in ("VH", "VM", "VI", "VL", "VP"))
        assert each.on in (FAMILY.get(each.code[:2]), On.CLOCK, On.SESSION, On.PAGES) or each.code[:2] == "VX"
        assert each.clause


def test_catalogue_is_whole() -> None:
    assert set(RULES) == set(CATALOGUE)


def test_names_are_unique() -> None:
    assert len({r.slug for r in numbered()}) == len(numbered())


def test_code_cannot_be_taken_twice() -> None:
    first = next(iter(RULES.values()))
    with pytest.raises(ValueError, match="defined twice"):
        rule(first.code, "x-y", first.severity, first.culprit, "-", "text")(first.check)


def test_what_needs_history_says_so() -> None:
    told = {code for code, r in RULES.items() if r.history is History.NEEDED}
    assert {"VM307", "VI406", "VL501", "VL502", "VL504", "VL505", "VR171"} <= told
