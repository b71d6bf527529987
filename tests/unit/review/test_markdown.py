"""Text from a plan may hold anything, and shows as what it is: words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scones.review.text import markdown
from unit.review.reviews import HOSTILE, kinds, linked, shown, tokens

ONE_PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]
nasty = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=6).map("".join)


@given(nasty)
@example("``\r\n- item")  # code without a word in it leaves its space behind
def test_text_of_any_kind_is_one_paragraph_that_shows_its_words(words: str) -> None:
    if not markdown.text(words):
        return
    assert kinds(markdown.text(words)) == ONE_PARAGRAPH
    without_code = words.replace("`", "")
    assert _bare(shown(markdown.text(words))) == _bare(markdown.one_line(without_code))


@given(nasty)
def test_text_never_mentions_links_or_counts_as_a_formula(words: str) -> None:
    finished = markdown.text(words)
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.", linked(finished), re.IGNORECASE)
    assert not re.search(r"(?<!\\)\$", re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", finished))


@given(nasty)
def test_code_of_any_kind_is_one_span_with_its_words(words: str) -> None:
    if not markdown.code(words):
        return
    found = [token for token in tokens(markdown.code(words)) if token.type not in ONE_PARAGRAPH]
    assert [token.type for token in found] == ["code_inline"]
    assert found[0].content == markdown.one_line(words)


@given(st.lists(nasty, min_size=2, max_size=2), st.booleans())
def test_a_cell_of_any_kind_stays_one_cell(words: list[str], is_code: bool) -> None:
    escape = markdown.code if is_code else markdown.text
    finished = markdown.table(["one", "two"], [[escape(word) for word in words]])
    assert kinds(finished).count("td_open") == 2
    assert kinds(finished).count("tr_open") == 2
    assert not re.search(r"@\w|://", linked(finished))


@given(nasty)
def test_a_fold_of_any_name_opens_and_closes_once(words: str) -> None:
    finished = markdown.details(words, markdown.text(words))
    html = [token.content for token in tokens(finished) if token.type in ("html_block", "html_inline")]
    assert len(html) == 2
    assert html[0].count("<") == 3
    assert html[1].strip() == "</details>"
    assert not re.search(r"@\w|#\d|GH-\d", html[0], re.IGNORECASE)


@given(nasty)
def test_a_fence_holds_whatever_is_in_it(words: str) -> None:
    finished = markdown.fenced(words, "text")
    assert kinds(f"before\n\n{finished}\n\nafter") == [*ONE_PARAGRAPH, "fence", *ONE_PARAGRAPH]


def test_what_stands_between_backquotes_is_code() -> None:
    assert markdown.text("endpoint `a_b`: *in place*") == "endpoint `a_b`: \\*in place\\*"


def test_a_backquote_without_its_partner_is_a_sign_like_any_other() -> None:
    assert shown(markdown.text("it`s a_b")) == "it`s a_b"


def test_two_pieces_of_code_beside_each_other_stay_two() -> None:
    found = [token.content for token in tokens(markdown.text("`a``b`")) if token.type == "code_inline"]
    assert found == ["a", "b"]


@pytest.mark.parametrize("words", ["@octocat", "see https://example.com/a", "a@example.com", "fixes #12"])
def test_what_would_become_a_link_is_shown_as_code(words: str) -> None:
    assert any(token.type == "code_inline" for token in tokens(markdown.text(words)))
    assert shown(markdown.text(words)) == words


def test_colours_and_signs_that_hide_are_taken_out() -> None:
    assert markdown.clean("\x1b[31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x07") == "red link"
    assert markdown.clean("a\u202eb\x00c\ud800") == "a\ufffdb\ufffdc\ufffd"


def test_money_is_no_formula() -> None:
    assert markdown.text("$85 → $170") == "\\$85 → \\$170"


def test_a_bar_in_code_keeps_the_backslashes_before_it() -> None:
    finished = markdown.table(["a"], [[markdown.code("x\\\\|y")]])
    assert shown(finished) == "ax\\\\|y"


def _bare(words: str) -> str:
    """Return words without spaces: code spans are set apart by some."""
    return re.sub(r"\s", "", words.replace("`", ""))
