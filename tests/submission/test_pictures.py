"""Pictures in students' texts: those pasted into them stay, those that lie elsewhere are named."""

from __future__ import annotations

import pytest

from autograder.sentences import translated
from autograder.submission.repair import rebuild
from autograder.text import is_japanese
from tests.small_course import cell_of


def test_pictures_are_kept_and_scripts_are_not(template, submission):
    cell_of(submission, "reply").attachments = {
        "plot.png": {"image/png": "aGk=", "text/html": "<script>"},
        "evil.svg": {"image/svg+xml": "<svg onload=alert(1)>"},
        "list.png": {"image/png": ["not", "text"]},
        "breakout.png": {"image/png": '" onerror="alert(1)'},
        "other": 3,
    }
    cell_of(submission, "reply").source = "![a](attachment:plot.png) ![b](attachment:evil.svg)"
    reply = cell_of(rebuild(template, submission).notebook, "reply")
    assert reply.attachments["plot.png"] == {"image/png": "aGk="}
    assert "script" not in str(reply.attachments)
    assert "svg onload" not in str(reply.attachments)
    assert set(reply.attachments) == {"plot.png"}
    assert reply.source == "![a](attachment:plot.png) ! [b](attachment:evil.svg)"


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("![loss](figures/loss.png)", "figures/loss.png"),
        ("![loss](<my%20loss.png> 'the loss')", "my loss.png"),
        ("![](https://example.org/a.png)", "https://example.org/a.png"),
        ("![lost](attachment:image.png)", "image.png"),
        ('<img width="300" src="loss.png">', "loss.png"),
        ("![](data:image/webp;base64,UklGRg==)", "data:image/webp;base64,UklGRg=="),
    ],
)
def test_a_picture_that_lies_elsewhere_is_named(template, submission, shown, name):
    cell_of(submission, "reply").source = f"It falls:\n\n{shown}\n\nAnd then it rises."
    [repair] = [one for one in rebuild(template, submission).repairs if "shows" in one]
    assert repair.startswith(f"'reply' shows {name}, which is not in the notebook")
    assert is_japanese(translated(repair, "ja"))


def test_a_pasted_picture_or_a_link_is_no_picture_elsewhere(template, submission):
    cell = cell_of(submission, "reply")
    cell.attachments = {"my loss.png": {"image/png": "aGk="}}
    cell.source = "![a](attachment:my%20loss.png) [the paper](https://example.org/a.png) x[1](2) ! [![badge](https://b.org/b.svg)](https://b.org)"
    assert not any("shows" in one for one in rebuild(template, submission).repairs)
