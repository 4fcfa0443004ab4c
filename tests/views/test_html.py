"""The HTML report: one file that loads nothing, with every finding and its evidence, and what a guest says is text."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.stories import Story
from tests.stories.read_back import write_capture
from tests.tui.screen import told as told_story
from vdmabuf_inspect.cli.main import main
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.views.evidence import Silence, evidence
from vdmabuf_inspect.views.formats.html import html_lines
from vdmabuf_inspect.views.formats.judged import Judged

VOID = {"meta", "br", "hr", "link", "img"}


class Page(HTMLParser):
    """Checks that elements nest, and collects them with their text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return told_story(tmp_path / "story.pcapng")


def test_every_finding_with_its_rule_and_its_event(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "html", str(capture)]) == 1
    page = Page(capsys.readouterr().out)
    session = inspect(str(capture))
    found = evidence(session)
    sections = {str(attrs["id"]) for tag, attrs in page.seen if tag == "section"}
    assert sections == {found.rule(i).code for i in range(len(session.findings))}
    for i in range(len(session.findings)):
        assert found.sentence(i) in page.text
        assert found.rule(i).page["What it does"] in page.text
    assert "bytes (260)" in page.text and "descriptors" in page.text
    assert not any({"src", "href", "style"} & attrs.keys() - {"href"} for _, attrs in page.seen)
    assert all(str(attrs["href"]).startswith("#") for _, attrs in page.seen if "href" in attrs)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.seen}


def test_what_the_guest_says_is_text(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1, private=b"<script>\x1b[2J" * 8)
    story.stop()
    path = write_capture(tmp_path / "<b>&.pcapng", story.guest.records, story.guest.names)
    session = inspect(str(path))
    text = "\n".join(html_lines([Judged(str(path), session)]))
    page = Page(text)
    assert "script" not in {tag for tag, _ in page.seen} and "<script>" in page.text, page.text[-3000:]
    assert "\x1b" not in text and str(path) in page.text


def test_marks_are_told_and_what_is_silenced_is_counted(capture: Path) -> None:
    session = inspect(str(capture))
    session.remarks[27] = "here it <broke>"
    found = evidence(session)
    count = len(session.findings)
    found.silence(Silence(rules=frozenset({int(session.findings.rule[0])})))
    page = Page("\n".join(html_lines([Judged("x", session)])))
    assert "here it <broke>" in page.text
    assert f"{count - len(found.order)} findings were silenced" in page.text


def test_a_source_that_cannot_be_read_and_one_without_findings(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    clean = write_capture(tmp_path / "clean.pcapng", story.guest.records, story.guest.names)
    session = inspect(str(clean))
    page = Page("\n".join(html_lines([Judged("gone", error="there is no file"), Judged("clean", session)])))
    assert "It could not be read: there is no file" in page.text
    assert ("No rule was broken." in page.text) == (len(session.findings) == 0)
