"""The comment of a pull request fits, is found again, and says which plans it shows."""

import pytest

from scones.review.text import comment
from scones.review.text.cutting import length

DIGEST = "0123456789abcdef" * 4
RUN = "https://github.com/o/r/actions/runs/7"


def made(foundation: str = "nothing", workflow: str = "nothing") -> str:
    return comment.comment("prod", DIGEST, {"foundation": foundation, "workflow": workflow}, RUN)


def review(size: int) -> str:
    return "## Head\n\n<details>\n\n" + "a line\n" * (size // 7) + "\n</details>\n"


def test_the_comment_begins_with_its_marker_and_its_digest() -> None:
    lines = made().splitlines()

    assert lines[:2] == ["<!-- scones-review:prod -->", f"<!-- scones-digest:{DIGEST} -->"]
    assert comment.digest_in(made(), "prod") == DIGEST


def test_the_comment_holds_every_review_and_the_run() -> None:
    text = made("## one", "## two")

    assert text.index("## one") < text.index("## two")
    assert RUN in text


@pytest.mark.parametrize(("first", "second"), [(64_900, 64_900), (300, 64_900), (64_900, 300), (1, 1)])
def test_two_reviews_of_any_size_fit_with_every_fold_closed(first: int, second: int) -> None:
    text = made(review(first), review(second))

    assert length(text) <= comment.LIMIT
    assert text.count("<details>") == text.count("</details>") == 2
    assert RUN in text


def test_a_long_review_takes_nothing_from_a_short_one() -> None:
    short = review(300).strip()

    assert short in made(short, review(64_900))


def test_a_comment_says_how_to_agree_to_gates_only_where_there_are_some() -> None:
    lines = [f"allow:prod:destroys-key {DIGEST}", f"allow:prod:widens-iam {DIGEST}"]
    text = comment.comment("prod", DIGEST, {"workflow": review(64_900)}, RUN, lines)

    assert "```text\n" + "\n".join(lines) + "\n```" in text
    assert length(text) <= comment.LIMIT
    assert "allow:" not in made()


def test_a_comment_says_when_merging_applies_nothing() -> None:
    text = comment.comment("prod", DIGEST, {"foundation": "x"}, RUN, foundation_changes=True)

    assert "Merging applies nothing in prod: the foundation changes" in text
    assert "Merging applies exactly" not in text
    assert "Merging applies exactly these plans or nothing" in made()


def test_a_failure_takes_the_place_of_the_comment_and_has_no_digest() -> None:
    text = comment.failure("prod", RUN)

    assert text.startswith(comment.marker("prod"))
    assert comment.digest_in(text, "prod") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        f"<!-- scones-review:dev -->\n<!-- scones-digest:{DIGEST} -->\n",
        f"<!-- scones-review:prod -->\n\n<!-- scones-digest:{DIGEST} -->\n",
        f"<!-- scones-review:prod -->\n<!-- scones-digest:{DIGEST}0 -->\n",
    ],
)
def test_only_the_second_line_of_the_environments_own_comment_names_a_digest(text: str) -> None:
    assert comment.digest_in(text, "prod") is None
