"""The whole course in one file, to print or to read on the train."""

import re
import subprocess
import sys

import pytest

from course import docs
from tools import book, cli


def test_every_link_of_the_book_leads_to_a_place_in_it(site):
    html = book.pages_in_one(site)
    places = set(re.findall(r'\bid="([^"]+)"', html))
    links = set(re.findall(r'<a [^>]*href="#([^"]+)"', html))
    assert len(links) > 100
    assert links - places == set()


def test_the_pictures_of_the_book_are_beside_it(site):
    html = book.pages_in_one(site)
    pictures = re.findall(r'<img [^>]*src="([^"#]+)', html)
    assert len(pictures) > 10
    assert [name for name in pictures if not (site / name).is_file()] == []


@pytest.mark.slow
def test_the_course_can_be_printed_as_one_pdf(browser, tmp_path):
    target = tmp_path / "new folder" / "course.pdf"
    # In a process of its own: this one's browser is in use.
    command = [sys.executable, "-m", "tools", "book", "--out", str(target)]
    subprocess.run(command, cwd=docs.ROOT, check=True)
    pdf = target.read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 100


def test_without_a_browser_it_says_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(book.chromium, "find", lambda: None)
    assert cli.main(["book", "--out", str(tmp_path / "course.pdf")]) == 1
    assert "Install Chromium, Chrome or Edge" in capsys.readouterr().err
