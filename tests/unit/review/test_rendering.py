"""The finished review: what stands first, what is kept when there is no room, and that nothing breaks out."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scones.review.findings import Block, Finding, Part, Risk
from scones.review.review import Verdict
from scones.review.text import markdown
from scones.review.text.cutting import cut, length
from scones.review.text.rendering import render, summary
from unit.review.reviews import HOSTILE, care, kinds, review, shown, tokens, trip

nasty = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=4).map("".join)
risks = st.sampled_from(Risk)


def lines(text: str) -> list[str]:
    return text.splitlines()


# --- The first line ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", Verdict)
def test_the_first_line_is_the_verdict(verdict: Verdict) -> None:
    first = lines(render(review(verdict=verdict)).markdown)[0]
    assert first.lower().startswith(f"## {verdict.words}")


def test_the_first_line_counts_and_gives_the_reasons() -> None:
    found = review(reasons=("replaces endpoint `scones-prod`", "opens the bucket"))
    assert shown(lines(render(found).markdown)[0]) == (
        "Needs care · prod · workflow: 1 to replace, 3 to change — "
        "replaces endpoint scones-prod; opens the bucket"
    )


def test_the_first_line_names_a_purpose_other_than_apply() -> None:
    assert "workflow · destroy:" in lines(render(review(purpose="destroy")).markdown)[0]


def test_nothing_to_do_is_said_in_one_line_and_where_it_comes_from() -> None:
    found = review(verdict=Verdict.NOTHING, counts={}, parts=[Part("Changes")])
    assert render(found).markdown == ("## Nothing to do · prod · workflow\n\n---\n\ncommit `0123abc`\n")


# --- Gates -------------------------------------------------------------------------------------------


def test_a_gate_says_what_trips_it_who_has_to_agree_and_how_to_go_on() -> None:
    text = render(
        review(trips=[trip(), trip("drops-encryption", "bucket `data` loses its key", "b.c")])
    ).markdown
    assert "**2 gates keep this from being applied.**" in text
    assert "`make apply ENV=prod ALLOW=drops-encryption,replaces-endpoint`" in text
    assert (
        "| `replaces-endpoint` | replaces endpoint `scones-prod` (`a.b`) | the owner of the service |" in text
    )


def test_a_destroy_goes_on_by_its_own_command() -> None:
    assert "`make destroy ENV=prod ALLOW=" in render(review(trips=[trip()], purpose="destroy")).markdown


def test_a_gate_that_the_environment_approves_says_so_and_blocks_nothing() -> None:
    found = review(trips=[trip()], approved=frozenset({"replaces-endpoint"}), environment="dev")
    text = render(found).markdown
    assert "approved by default in dev" in text
    assert "ALLOW=" not in text


def test_every_gate_is_named_however_many_resources_trip_it() -> None:
    many = [trip(gate, "x" * 150, f"module.a[{i}]") for gate in ("one", "two") for i in range(300)]
    found = render(review(trips=many), limit=10_000)
    assert length(found.markdown) <= 10_000
    assert "| `one` |" in found.markdown
    assert "| `two` |" in found.markdown
    assert "280 more" in found.markdown or "295 more" in found.markdown


# --- Order -------------------------------------------------------------------------------------------


def test_findings_stand_above_the_sections_the_riskiest_first() -> None:
    found = review(Finding(Risk.SAFE, "small"), Finding(Risk.DESTRUCTIVE, "large"), blocks=[Block("body")])
    text = render(found).markdown
    assert [
        text.index(word) for word in ("What it means", "large", "small", "### Changes", "body")
    ] == sorted(text.index(word) for word in ("What it means", "large", "small", "### Changes", "body"))


def test_blocks_of_a_section_stand_by_risk_and_sections_in_their_own_order() -> None:
    parts = [
        Part("One", blocks=(Block("low", Risk.NOTE), Block("high", Risk.CARE))),
        Part("Two", blocks=(Block("worst", Risk.DESTRUCTIVE),)),
    ]
    words = [word for word in lines(render(review(parts=parts)).markdown) if word in ("low", "high", "worst")]
    assert words == ["high", "low", "worst"]


def test_a_long_section_is_folded_but_never_what_needs_care() -> None:
    harmless = [Block(f"harmless {i} " + "x" * 300) for i in range(20)]
    dangerous = Block("the bucket goes " + "y" * 5_000, Risk.DESTRUCTIVE)
    text = render(review(blocks=[*harmless, dangerous])).markdown
    assert "<details><summary>20 more that need no care</summary>" in text
    assert text.index("the bucket goes") < text.index("<details>")


def test_a_finding_shows_its_address_as_code() -> None:
    text = render(review(care("replaces the rule", 'module.a["b|c"].d'))).markdown
    assert '- **Care:** replaces the rule (`module.a["b|c"].d`)' in text


# --- Size --------------------------------------------------------------------------------------------


def test_all_that_fits_is_there_and_nothing_is_said_of_cuts() -> None:
    found = render(review(care("one"), blocks=[Block("two")]))
    assert (found.is_cut, found.left_out) == (False, 0)
    assert "did not fit" not in found.markdown


def test_what_does_not_fit_is_counted_and_its_place_named() -> None:
    blocks = [Block(f"block {i:03} " + "x" * 990, covers=2) for i in range(100)]
    found = render(review(blocks=blocks))
    present = len(re.findall(r"^block \d{3} x{990}$", found.markdown, re.MULTILINE))
    assert found.is_cut
    assert found.left_out == 2 * (100 - present)
    assert f"{found.left_out} changes did not fit: they stand in" in shown(found.markdown)
    assert "`build/prod/plan/workflow/review.json`" in found.markdown


def test_the_dangerous_is_kept_among_what_does_not_fit() -> None:
    blocks = [Block(f"tags of {i} " + "x" * 500) for i in range(1_000)]
    blocks.insert(700, Block("THE BUCKET GOES", Risk.DESTRUCTIVE))
    found = render(review(*[Finding(Risk.NOTE, f"note {i}") for i in range(3_000)], blocks=blocks))
    assert "THE BUCKET GOES" in found.markdown
    assert found.is_cut


def test_a_block_that_is_too_large_leaves_its_place_to_smaller_ones() -> None:
    found = render(review(blocks=[Block("x" * 9_000, Risk.SAFE), Block("small")]), limit=5_000)
    assert "small" in found.markdown
    assert "xxx" not in found.markdown
    assert "1 change did not fit: it stands in" in shown(found.markdown)


def test_a_dangerous_block_that_no_review_could_hold_shows_its_beginning() -> None:
    huge = markdown.details(
        "all of it", markdown.fenced("\n".join(f"line {i}" for i in range(9_000)), "text")
    )
    found = render(review(blocks=[Block(huge, Risk.DESTRUCTIVE), Block("small")]))
    assert "line 0\n" in found.markdown
    assert "small" in found.markdown
    assert found.is_cut
    assert "1 block is cut" in found.markdown
    assert found.markdown.count("<details>") == found.markdown.count("</details>") == 1
    assert kinds(found.markdown).count("fence") == 1


def test_rare_characters_count_twice_as_they_may_on_the_other_side() -> None:
    found = render(review(blocks=[Block("\U0001d11e" * 500) for _ in range(100)]))
    assert length(found.markdown) <= 65_000
    assert found.is_cut


blocks_of_any_kind = st.builds(
    lambda words, times, risk, covers: Block(markdown.text(words * times), risk, covers),
    nasty, st.integers(1, 60), risks, st.integers(0, 3),
)  # fmt: skip
findings_of_any_kind = st.builds(Finding, risks, nasty, nasty)
parts_of_any_kind = st.builds(
    lambda title, findings, blocks: Part(title, tuple(findings), tuple(blocks)),
    st.sampled_from(["What it means", "Permissions", "Changes"]),
    st.lists(findings_of_any_kind, max_size=8),
    st.lists(blocks_of_any_kind, max_size=12),
)
trips_of_any_kind = st.builds(trip, st.sampled_from(["one", "two"]), nasty, nasty)
reviews = st.builds(
    lambda parts, trips, reasons: review(parts=parts, trips=trips, reasons=tuple(reasons)),
    st.lists(parts_of_any_kind, min_size=1, max_size=4),
    st.lists(trips_of_any_kind, max_size=6),
    st.lists(nasty, max_size=3),
)


@settings(max_examples=15, deadline=None)
@given(reviews, st.integers(3_000, 12_000))
def test_no_review_is_longer_than_its_limit_and_none_loses_count(found: Any, limit: int) -> None:
    rendered = render(found, limit)
    assert length(rendered.markdown) <= limit
    covered = sum(block.covers for part in found.parts for block in part.blocks) + len(found.findings)
    assert 0 <= rendered.left_out <= covered
    assert rendered.is_cut or rendered.left_out == 0


@settings(max_examples=15, deadline=None)
@given(reviews)
def test_no_name_breaks_out_of_its_place(found: Any) -> None:
    text = render(found).markdown
    html = [token.content for token in tokens(text) if token.type in ("html_block", "html_inline")]
    assert all(
        re.fullmatch(r"<br>|<details><summary>[^<>]*</summary>\n?|</details>\n?", part) for part in html
    )
    assert sum("<details>" in part for part in html) == sum("</details>" in part for part in html)
    assert not {"link_open", "image", "fence", "code_block"} & set(kinds(text))
    headings = {part.title for part in found.parts} | {"What it means"}
    assert kinds(text).count("heading_open") <= 1 + len(headings)
    assert "\x1b" not in text


# --- Cutting -----------------------------------------------------------------------------------------


def test_a_graph_is_shown_whole_or_not_at_all() -> None:
    text = "before\n\n" + markdown.fenced("\n".join(f"a{i} --> b{i}" for i in range(100)), "mermaid")
    assert "mermaid" not in cut(text, 500)
    assert cut(text, 500).startswith("before\n")
    assert "a99 --> b99" in cut(text + "\n\nafter\n" * 1_000, 3_000)


def test_what_is_too_long_to_begin_with_is_not_begun() -> None:
    assert cut("x" * 100, 50) == ""


@given(nasty, st.integers(0, 400))
@example("#12```\n", 237)
def test_a_cut_leaves_nothing_open(words: str, room: int) -> None:
    inner = markdown.details(words, markdown.fenced(f"{words}\n" * 10, "text"))
    text = cut(markdown.details("outer", f"{inner}\n\n{markdown.text(words)}"), room)
    assert length(text) <= room
    html = "".join(token.content for token in tokens(text) if token.type == "html_block")
    assert html.count("</details>") == html.count("<details>")
    assert kinds(f"{text}\n\n# end")[-3:] == ["heading_open", "inline", "heading_close"]


# --- The terminal ------------------------------------------------------------------------------------


def test_the_terminal_gets_verdict_gates_and_findings_as_plain_lines() -> None:
    found = review(
        care("permission `s3:*` is new for the role of the function that reads pictures from the bucket"),
        trips=[trip()],
        reasons=("replaces endpoint `scones-prod`",),
    )
    assert summary(found) == (
        "Needs care · prod · workflow: 1 to replace, 3 to change\n"
        "  replaces endpoint `scones-prod`\n"
        "\n"
        "1 gate keeps this from being applied.\n"
        "  replaces-endpoint: the owner of the service\n"
        "    - replaces endpoint `scones-prod`\n"
        "  Whoever has agreement runs:\n"
        "    make apply ENV=prod ALLOW=replaces-endpoint\n"
        "\n"
        "- Care: permission `s3:*` is new for the role of the function that reads\n"
        "  pictures from the bucket\n"
        "\n"
        "The whole review: build/prod/plan/workflow/review.md"
    )


def test_the_terminal_counts_what_it_does_not_show_and_shows_all_that_needs_care() -> None:
    found = review(
        *[Finding(Risk.NOTE, f"note {i}") for i in range(30)],
        *[care(f"care {i}") for i in range(30)],
        trips=[trip("one", f"trip {i}") for i in range(30)],
    )
    text = summary(found)
    assert text.count("- Care:") == 30
    assert "- 20 more findings that need no care" in text
    assert "    - 25 more" in text


@given(nasty)
def test_the_terminal_gets_no_colours_and_no_lines_from_a_name(words: str) -> None:
    text = summary(review(care(words), trips=[trip(what=words)], folder=""))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "\nheading" not in text
