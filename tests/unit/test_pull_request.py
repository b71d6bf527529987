"""A pull request shows its plans once for each environment, and a merge finds them again."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scones.errors import SconesError
from scones.github import BOT, PAGE, Repository
from scones.settings import REPOSITORY

DIGEST = "0123456789abcdef" * 4
MERGE = "a" * 40

# Stands in for GitHub: keeps comments in a file, and answers the requests that are made of it.
GH = r"""#!PYTHON
import json, os, re, sys
from pathlib import Path
place = Path(os.environ["FAKE_GITHUB"])
github = json.loads(place.read_text())
verb, path, method = sys.argv[1], sys.argv[2], sys.argv[4]
assert verb == "api" and path.startswith("repos/owner/scones/"), sys.argv
assert os.environ["GH_TOKEN"] == "token"
route, _, query = path.removeprefix("repos/owner/scones/").partition("?")
def page(things):
    size, number = map(int, re.fullmatch(r"per_page=(\d+)&page=(\d+)", query).groups())
    return things[size * (number - 1) : size * number]
if route == github.get("broken"):
    sys.exit("gh: Not Found (HTTP 404)")
if method == "GET" and route.startswith("collaborators/"):
    role = github["roles"].get(route.split("/")[1]) or sys.exit("gh: Not Found (HTTP 404)")
    answer = {"permission": {"maintain": "write", "triage": "read"}.get(role, role), "role_name": role}
elif method == "GET":
    kind = re.fullmatch(r"issues/12/(comments)|pulls/12/(reviews)|commits/\w+/(pulls)", route)
    answer = page(github[next(filter(None, kind.groups()))])
else:
    body = json.load(sys.stdin)["body"]
    if method == "POST":
        number = len(github["comments"]) + 1
        github["comments"].append({"id": number, "user": {"login": "BOT", "type": "Bot"}, "body": body})
    else:
        number = int(route.rsplit("/", 1)[1])
        next(one for one in github["comments"] if one["id"] == number)["body"] = body
    answer = {"html_url": f"https://github.com/owner/scones/pull/12#{number}"}
place.write_text(json.dumps(github))
print(json.dumps(answer))
""".replace("PYTHON", sys.executable).replace("BOT", BOT)


class GitHub:
    """What the stand-in holds, and the command run against it."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "github.json"
        self.home = folder / "home"
        self.output, self.summary = folder / "output", folder / "summary"
        program = folder / "bin" / "gh"
        program.parent.mkdir()
        program.write_text(GH)
        program.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "FAKE_GITHUB": str(self.place),
            "GH_TOKEN": "token",
            "GITHUB_REPOSITORY": "owner/scones",
            "GITHUB_RUN_ID": "7",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "SCONES_LOCAL_HOME": str(self.home),
        }
        roles = {
            "owner": "admin",
            "keeper": "maintain",
            "writer": "write",
            "author": "admin",
            "reader": "read",
        }
        self.hold(comments=[], pulls=[], reviews=[], roles=roles)

    def hold(self, **content: Any) -> None:
        before = json.loads(self.place.read_text()) if self.place.is_file() else {}
        self.place.write_text(json.dumps(before | content))

    @property
    def comments(self) -> list[dict[str, Any]]:
        return list(json.loads(self.place.read_text())["comments"])

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "scripts/pull_request.py", "--env", "local", *arguments]
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    made = GitHub(tmp_path)
    for name in ("PATH", "FAKE_GITHUB", "GH_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.setenv(name, made.environment[name])
    return made


def person(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": sum(login.encode()), "type": kind}


def said(
    body: str, login: str = BOT, number: int = 1, at: str = "10:00:00", edited: str | None = None
) -> dict[str, Any]:
    return {
        "id": number,
        "user": person(login),
        "body": body,
        "html_url": f"https://github.com/owner/scones/pull/12#{number}",
        "created_at": f"2026-01-02T{at}Z",
        "updated_at": f"2026-01-02T{edited or at}Z",
    }


def pull(**changes: Any) -> dict[str, Any]:
    found = {
        "number": 12,
        "user": person("author"),
        "merged_at": "2026-01-02T12:00:00Z",
        "merge_commit_sha": MERGE,
    }
    return found | changes


def review(login: str = "writer", at: str = "11:00:00", state: str = "APPROVED") -> dict[str, Any]:
    return {"user": person(login), "state": state, "submitted_at": f"2026-01-02T{at}Z"}


def agreed(gate: str = "destroys-endpoint", environment: str = "local", digest: str = DIGEST) -> str:
    return f"allow:{environment}:{gate} {digest}"


def shown(digest: str = DIGEST) -> str:
    return f"<!-- scones-review:local -->\n<!-- scones-digest:{digest} -->\n\n## safe\n"


# --- Saying it ---------------------------------------------------------------------------------------------


def test_a_comment_is_written_once_and_then_over_itself(github: GitHub) -> None:
    repository = Repository.here()

    first = repository.say_once(12, "<!-- a -->", "<!-- a -->\none")
    second = repository.say_once(12, "<!-- a -->", "<!-- a -->\ntwo")
    repository.say_once(12, "<!-- b -->", "<!-- b -->\nother")

    assert first == second
    assert [one["body"] for one in github.comments] == ["<!-- a -->\ntwo", "<!-- b -->\nother"]


def test_nobody_elses_comment_is_written_over_or_believed(github: GitHub) -> None:
    github.hold(comments=[said("<!-- a -->\nforged", login="somebody")])

    assert Repository.here().comment(12, "<!-- a -->") is None
    Repository.here().say_once(12, "<!-- a -->", "<!-- a -->\ntrue")

    assert [one["body"] for one in github.comments] == ["<!-- a -->\nforged", "<!-- a -->\ntrue"]


def test_a_comment_is_found_behind_a_hundred_others(github: GitHub) -> None:
    others = [said("talk", login="somebody", number=number) for number in range(PAGE)]
    github.hold(comments=[*others, said("<!-- a -->\nmine", number=900)])

    found = Repository.here().comment(12, "<!-- a -->")

    assert found is not None
    assert found["id"] == 900


def test_what_github_refuses_is_said_in_one_line(github: GitHub) -> None:
    github.hold(broken="issues/12/comments")

    with pytest.raises(SconesError, match=r"GitHub refused GET issues/12/comments\?.*: gh: Not Found"):
        Repository.here().comment(12, "<!-- a -->")


def test_without_gh_it_is_said_what_is_missing(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SconesError, match="gh, GitHub's program, is not on PATH"):
        Repository.here().comment(12, "<!-- a -->")


def test_outside_of_a_workflow_there_is_no_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)

    with pytest.raises(SconesError, match="GITHUB_REPOSITORY names no repository"):
        Repository.here()


@pytest.mark.parametrize(
    ("login", "writes", "maintains"),
    [
        ("owner", True, True),
        ("keeper", True, True),
        ("writer", True, False),
        ("reader", False, False),
        ("stranger", False, False),
    ],
)
def test_what_somebody_may_do_is_asked_of_github(
    github: GitHub, login: str, writes: bool, maintains: bool
) -> None:
    assert Repository.here().may_write(login) is writes
    assert Repository.here().may_maintain(login) is maintains


# --- The command -------------------------------------------------------------------------------------------


def save_plan(
    home: Path,
    root: str,
    review: str,
    counts: dict[str, int] | None = None,
    gates: dict[str, bool] | None = None,
) -> None:
    folder = home / "plans" / root
    folder.mkdir(parents=True)
    (folder / "review.md").write_text(review)
    trips = [{"gate": {"name": name}, "approved": approved} for name, approved in (gates or {}).items()]
    (folder / "review.json").write_text(json.dumps({"counts": counts or {}, "gates": trips}))
    (folder.parent / "digest").write_text(f"{DIGEST}\n")


def test_a_plan_that_failed_is_said_where_the_plan_was_shown(github: GitHub) -> None:
    github.hold(comments=[said(shown())])

    done = github.run("--failed", "12")

    assert (done.returncode, done.stderr) == (0, "")
    assert len(github.comments) == 1
    assert "could not be planned" in github.comments[0]["body"]
    assert "https://github.com/owner/scones/actions/runs/7" in github.comments[0]["body"]


def test_the_saved_plans_are_shown_as_one_comment_and_whole_in_the_summary(github: GitHub) -> None:
    save_plan(github.home, "foundation", "## nothing to do\n")
    save_plan(github.home, "workflow", "## safe\n")

    done = github.run("--show", "12")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "https://github.com/owner/scones/pull/12#1\n"
    [comment] = github.comments
    assert comment["body"].startswith(shown().partition("\n\n")[0])
    assert "## nothing to do\n\n## safe" in comment["body"]
    assert github.summary.read_text() == "## nothing to do\n\n\n## safe\n\n"


def test_without_a_plan_nothing_is_shown(github: GitHub) -> None:
    done = github.run("--show", "12")

    assert done.returncode == 1
    assert done.stderr == "error: no plan is saved: run 'make plan ENV=local'\n"
    assert github.comments == []


def test_the_comment_has_the_lines_that_agree_to_the_gates_that_are_open(github: GitHub) -> None:
    save_plan(github.home, "foundation", "## safe\n", gates={"destroys-key": False, "public-access": True})
    save_plan(github.home, "workflow", "## safe\n", gates={"destroys-endpoint": False})

    github.run("--show", "12")

    [comment] = github.comments
    assert f"```text\n{agreed('destroys-endpoint')}\n{agreed('destroys-key')}\n```" in comment["body"]
    assert "public-access" not in comment["body"]


def test_a_foundation_that_changes_is_left_to_a_person(github: GitHub) -> None:
    save_plan(github.home, "foundation", "## needs care\n", counts={"update": 1})

    github.run("--show", "12")
    done = github.run("--fetched")

    assert "Merging applies nothing in local: the foundation changes" in github.comments[0]["body"]
    assert done.returncode == 1
    assert done.stderr == (
        "error: the foundation changes: a person applies it "
        "(make apply ENV=local ARGS='--root foundation'), and nothing was applied\n"
    )


@pytest.mark.parametrize("root", ["foundation", "workflow"])
def test_a_foundation_that_stays_may_be_applied_by_a_job(github: GitHub, root: str) -> None:
    save_plan(github.home, root, "## safe\n", counts={"update": 1} if root == "workflow" else {})

    done = github.run("--fetched")

    assert (done.returncode, done.stderr) == (0, "")


# --- The merge ---------------------------------------------------------------------------------------------


def test_a_merge_finds_the_digest_and_the_gates_that_were_agreed_to(github: GitHub) -> None:
    stranger = pull(number=11, merge_commit_sha="b" * 40)
    both = f"I have seen it.\n\n{agreed('widens-iam')}\n`{agreed()}`\n"
    github.hold(comments=[said(shown()), said(both, login="keeper", number=2)], pulls=[stranger, pull()])

    done = github.run("--merged", MERGE)

    assert (done.returncode, done.stderr) == (0, "")
    assert github.output.read_text() == f"digest={DIGEST}\nallow=destroys-endpoint,widens-iam\n"


def test_what_does_not_count_is_said_and_agrees_to_nothing(github: GitHub) -> None:
    github.hold(comments=[said(shown()), said(agreed(), login="writer", number=2)], pulls=[pull()])

    done = github.run("--merged", MERGE)

    assert done.returncode == 0
    assert github.output.read_text() == f"digest={DIGEST}\nallow=\n"
    assert done.stderr == (
        "does not count: destroys-endpoint in https://github.com/owner/scones/pull/12#2: "
        "writer does not maintain the repository\n"
    )


def test_plans_that_changed_after_their_approval_are_refused(github: GitHub) -> None:
    github.hold(
        comments=[said(shown(), edited="11:00:01")],
        pulls=[pull()],
        reviews=[review(), review("reader", at="11:30:00")],
    )

    done = github.run("--merged", MERGE)

    assert done.returncode == 1
    assert done.stderr == (
        "error: the plans of pull request 12 changed after its last approval: "
        "nobody has agreed to these plans; make a new pull request, or plan and apply by hand\n"
    )
    assert not github.output.exists()


@pytest.mark.parametrize(
    ("comments", "pulls", "why"),
    [
        ([], [], "was merged by no pull request"),
        ([], [pull(merged_at=None)], "was merged by no pull request"),
        ([], [pull()], "pull request 12 shows no plan of local"),
        ([said(shown(), login="somebody")], [pull()], "pull request 12 shows no plan of local"),
        (
            [said("<!-- scones-review:local -->\n\n## failed")],
            [pull()],
            "pull request 12 shows no plan of local",
        ),
    ],
    ids=["pushed", "not merged", "no comment", "forged", "failed"],
)
def test_what_nobody_has_reviewed_is_not_applied(
    github: GitHub, comments: list[Any], pulls: list[Any], why: str
) -> None:
    github.hold(comments=comments, pulls=pulls)

    done = github.run("--merged", MERGE)

    assert done.returncode == 1
    assert why in done.stderr
    assert "make plan ENV=local" in done.stderr
    assert not github.output.exists()
