"""What was applied is kept, and one can go back to what passed."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.errors import NotDeployed, SconesError
from scones.infrastructure import releases
from scones.infrastructure.refusals import Refusal
from scones.settings import Environment

BUCKET = "pictures"
ACCOUNT = "123456789012"  # moto's
FOUNDATION = {
    "region": "us-east-1",
    "account_id": ACCOUNT,
    "data_bucket": BUCKET,
    "kms_key_arn": "key",
    "sagemaker_role_arn": "role",
    "model_package_group_name": "group",
}
NAMES = ["lambdas/one.zip", "lambdas/two.zip", "model.tfvars.json", "statemachine/classify.asl.json"]
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def s3(store: Any) -> Any:
    """A bucket that holds one model."""
    for key in keys(store):
        store.delete_object(Bucket=BUCKET, Key=key)
    store.put_object(Bucket=BUCKET, Key="models/job/output/model.tar.gz", Body=b"model")
    return store


def keys(s3: Any, prefix: str = "") -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


class Deployment:
    """An environment, its repository, and a clock that goes on a minute with each apply."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.environment = folder / "repository", Environment("dev", folder / "home")
        self.now = START
        self.set(code="code 1", model="model 1")

    def set(self, code: str, model: str) -> None:
        self.files = {
            "build/lambdas/one.zip": f"{code} of one",
            "build/lambdas/two.zip": f"{code} of two",
            "statemachine/classify.asl.json": f"{code} of the state machine",
            "terraform/workflow/main.tf": "not part of a release",
            "home/model.tfvars.json": manifest(model),
        }

    def seal(self, purpose: str = "apply") -> dict[str, Any]:
        """Write the files, and return the seal of a plan that was made from them."""
        for place, content in self.files.items():
            path = self.path(place)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        digests = {place: sha256(content.encode()) for place, content in self.files.items()}
        facts = {"files": digests, "source": {"head": "c0ffee", "tree": "t", "dirty": False}}
        made = {"purpose": purpose, "facts": facts, "changes": True}
        return {"digest": sha256(str(self.now).encode()), **made}

    def path(self, place: str) -> Path:
        home = self.environment.home
        return home / place[5:] if place.startswith("home/") else self.repository / place

    def apply(self, code: str = "code 1", model: str = "model 1", passed: bool = False) -> str:
        self.set(code, model)
        self.now += timedelta(minutes=1)
        release = releases.record_applied(self.environment, self.seal(), self.now)
        if passed:
            releases.mark_passed(self.environment, 10)
        return release

    def last_good(self) -> str | None:
        found = releases.last_good(self.environment)
        return found.id if found else None


def manifest(model: str) -> str:
    values = {"model_digest": model, "model_data_url": f"s3://{BUCKET}/models/job/output/model.tar.gz"}
    return json.dumps({"model": values})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def dev(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment(tmp_path)
    monkeypatch.setattr(releases, "REPOSITORY", deployment.repository)
    monkeypatch.setattr(Environment, "outputs", lambda self, root: FOUNDATION)
    monkeypatch.setattr(Environment, "client", lambda self, service: s3)  # a new one each time takes long
    return deployment


# --- Recorded ----------------------------------------------------------------------------------------


def test_what_was_applied_is_kept_under_its_time_and_the_plans_digest(dev: Deployment, s3: Any) -> None:
    release = dev.apply()

    assert release == f"20260102T030505Z-{dev.seal()['digest'][:8]}"
    assert keys(s3, f"releases/{release}/") == [
        f"releases/{release}/{name}" for name in sorted([*NAMES, "release.json"])
    ]
    [found] = releases.releases(dev.environment)
    assert (found.id, found.head, found.model_digest, found.applied) == (release, "c0ffee", "model 1", True)
    assert found.files["lambdas/one.zip"] == sha256(b"code 1 of one")


@pytest.mark.parametrize(
    "place", ["build/lambdas/two.zip", "statemachine/classify.asl.json", "home/model.tfvars.json"]
)
def test_a_file_that_is_no_longer_what_was_applied_is_not_kept(dev: Deployment, s3: Any, place: str) -> None:
    seal = dev.seal()
    dev.path(place).write_text("swapped")

    with pytest.raises(SconesError, match=f"{place} is no longer what was applied"):
        releases.record_applied(dev.environment, seal)
    dev.path(place).unlink()
    with pytest.raises(SconesError, match=f"{place} is no longer what was applied"):
        releases.record_applied(dev.environment, seal)
    assert keys(s3, "releases/") == []


def test_a_plan_without_a_model_is_no_release(dev: Deployment) -> None:
    del dev.files["home/model.tfvars.json"]

    with pytest.raises(SconesError, match="no plan of the workflow"):
        releases.record_applied(dev.environment, dev.seal())


def test_a_rollbacks_files_come_from_where_they_were_fetched_to(dev: Deployment) -> None:
    dev.apply()
    [first] = releases.releases(dev.environment)
    releases.fetch(dev.environment, first, dev.environment.home / "rollback")
    dev.files = {
        f"home/rollback/{name}": (dev.environment.home / "rollback" / name).read_text() for name in NAMES
    }

    again = releases.record_applied(dev.environment, dev.seal("rollback"))

    assert releases.find(dev.environment, again).files == first.files


# --- What runs, around an apply ----------------------------------------------------------------------


def test_after_an_apply_that_failed_nothing_is_known_to_run(dev: Deployment) -> None:
    dev.apply(passed=True)

    with pytest.raises(RuntimeError), releases.recorded(dev.environment, dev.seal()):
        raise RuntimeError("terraform failed")

    assert releases.applied_id(dev.environment) is None
    with pytest.raises(NotDeployed, match="apply a plan first"):
        releases.mark_passed(dev.environment, 10)


@pytest.mark.parametrize("purpose", ["pause", "resume"])
def test_pausing_and_resuming_leave_the_release_that_runs(dev: Deployment, purpose: str) -> None:
    release = dev.apply()

    with releases.recorded(dev.environment, dev.seal(purpose)):
        assert releases.applied_id(dev.environment) is None

    assert releases.applied_id(dev.environment) == release
    assert len(releases.releases(dev.environment)) == 1


def test_a_plan_that_is_refused_leaves_the_release_that_runs(dev: Deployment) -> None:
    release = dev.apply()

    with pytest.raises(Refusal), releases.recorded(dev.environment, dev.seal()):
        raise Refusal("locked", "somebody else works on it")

    assert releases.applied_id(dev.environment) == release


def test_a_plan_without_changes_makes_no_release_but_finds_the_one_that_was_lost(dev: Deployment) -> None:
    nothing_to_do = dev.seal() | {"changes": False}
    release = dev.apply()
    with releases.recorded(dev.environment, nothing_to_do):
        pass
    assert releases.applied_id(dev.environment) == release

    with pytest.raises(RuntimeError), releases.recorded(dev.environment, dev.seal()):
        raise RuntimeError("killed when Terraform had ended")
    with releases.recorded(dev.environment, nothing_to_do):
        pass
    assert releases.applied_id(dev.environment) is not None


def test_after_a_destroy_nothing_runs(dev: Deployment) -> None:
    dev.apply()

    with releases.recorded(dev.environment, dev.seal("destroy")):
        pass

    assert releases.applied_id(dev.environment) is None


def test_an_apply_that_succeeds_is_recorded(dev: Deployment) -> None:
    with releases.recorded(dev.environment, dev.seal()):
        pass

    [release] = releases.releases(dev.environment)
    assert releases.applied_id(dev.environment) == release.id


# --- The way back ------------------------------------------------------------------------------------


def test_without_any_release_there_is_no_way_back(dev: Deployment) -> None:
    assert dev.last_good() is None


def test_the_way_back_is_the_newest_other_release_that_passed(dev: Deployment) -> None:
    dev.apply("code 1", passed=True)
    second = dev.apply("code 2", passed=True)
    dev.apply("code 3")  # never passed
    dev.apply("code 4", passed=True)

    assert dev.last_good() == second


def test_a_release_that_never_passed_goes_back_to_the_newest_that_did(dev: Deployment) -> None:
    dev.apply("code 1", passed=True)
    second = dev.apply("code 2", passed=True)
    dev.apply("code 3")

    assert dev.last_good() == second


@pytest.mark.parametrize("passed", [True, False])
def test_a_release_that_was_applied_again_is_no_way_back(dev: Deployment, passed: bool) -> None:
    first = dev.apply("code 1", passed=True)
    dev.apply("code 2", passed=True)
    dev.apply("code 2", passed=passed)

    assert dev.last_good() == first


def test_another_model_alone_is_another_release(dev: Deployment) -> None:
    first = dev.apply(model="model 1", passed=True)
    dev.apply(model="model 2")

    assert dev.last_good() == first


def test_after_a_failed_apply_the_way_back_is_the_newest_that_passed(dev: Deployment, s3: Any) -> None:
    first = dev.apply("code 1", passed=True)
    s3.delete_object(Bucket=BUCKET, Key="releases/applied.json")

    assert dev.last_good() == first


# --- Passed ------------------------------------------------------------------------------------------


def test_the_release_that_runs_is_marked(dev: Deployment, s3: Any) -> None:
    dev.apply("code 1")
    second = dev.apply("code 2")

    assert releases.mark_passed(dev.environment, 10, second) == second

    assert [release.passed for release in releases.releases(dev.environment)] == [True, False]
    passed = s3.get_object(Bucket=BUCKET, Key=f"releases/{second}/passed.json")["Body"].read()
    assert json.loads(passed)["checks"] == 10


def test_a_release_that_was_applied_while_the_checks_ran_is_not_marked(dev: Deployment) -> None:
    first = dev.apply("code 1")
    dev.apply("code 2")

    with pytest.raises(SconesError, match="was applied while the checks ran"):
        releases.mark_passed(dev.environment, 10, first)
    assert not any(release.passed for release in releases.releases(dev.environment))


# --- Kept --------------------------------------------------------------------------------------------


def test_the_newest_ten_and_the_last_that_passed_are_kept(dev: Deployment, s3: Any) -> None:
    made = [dev.apply(f"code {number}", passed=number in (0, 1, 2, 3)) for number in range(14)]

    kept = [release.id for release in releases.releases(dev.environment)]

    assert kept == [*reversed(made[4:]), made[3], made[2], made[1]]
    assert keys(s3, f"releases/{made[0]}/") == []


def test_half_an_upload_is_not_listed_and_goes_with_the_next_release(dev: Deployment, s3: Any) -> None:
    half = "releases/20260101T000000Z-00000000/lambdas/one.zip"
    s3.put_object(Bucket=BUCKET, Key=half, Body=b"half")
    assert releases.releases(dev.environment) == []

    dev.apply()

    assert half not in keys(s3)


# --- Fetched -----------------------------------------------------------------------------------------


def test_a_release_is_fetched_as_it_was_applied_and_an_earlier_ones_files_go(
    dev: Deployment, tmp_path: Path
) -> None:
    dev.apply("code 1")
    old = tmp_path / "out" / "lambdas" / "old.zip"
    old.parent.mkdir(parents=True)
    old.write_text("of an earlier rollback")
    [release] = releases.releases(dev.environment)

    files = releases.fetch(dev.environment, release, tmp_path / "out")

    assert [path.relative_to(tmp_path / "out").as_posix() for path in files.contents] == [
        name for name in NAMES if name != "model.tfvars.json"
    ]
    assert files.manifest.read_text() == manifest("model 1")
    assert (files.packages / "one.zip").read_text() == "code 1 of one"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_was_changed_in_the_bucket_is_named_and_nothing_is_written(
    dev: Deployment, s3: Any, tmp_path: Path, name: str
) -> None:
    key = f"releases/{dev.apply()}/{name}"
    [release] = releases.releases(dev.environment)

    s3.put_object(Bucket=BUCKET, Key=key, Body=b"other")
    with pytest.raises(SconesError, match=f"{key} is not the file that was applied"):
        releases.fetch(dev.environment, release, tmp_path / "out")
    s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(SconesError, match=f"{key} is gone"):
        releases.fetch(dev.environment, release, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_release_whose_model_is_gone_is_no_way_back(dev: Deployment, s3: Any, tmp_path: Path) -> None:
    dev.apply()
    s3.delete_object(Bucket=BUCKET, Key="models/job/output/model.tar.gz")
    [release] = releases.releases(dev.environment)

    with pytest.raises(SconesError, match=r"model s3://pictures/models/job/output/model\.tar\.gz is gone"):
        releases.fetch(dev.environment, release, tmp_path / "out")


@pytest.mark.parametrize(
    "name", ["../x.zip", "lambdas/../../x.zip", "/etc/x.zip", "lambdas/a/b.zip", "lambdas/x.zip\n", "other"]
)
def test_a_record_cannot_lead_out_of_the_folder(dev: Deployment, s3: Any, name: str) -> None:
    key = f"releases/{dev.apply()}/release.json"
    record = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    record["files"][name] = sha256(b"evil")
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(record).encode())

    with pytest.raises(SconesError, match="is not the record of a release"):
        releases.releases(dev.environment)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}'])
def test_a_damaged_record_is_named(dev: Deployment, s3: Any, body: bytes) -> None:
    key = f"releases/{dev.apply()}/release.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    with pytest.raises(SconesError, match=f"s3://pictures/{key} is damaged"):
        releases.releases(dev.environment)


def test_an_unknown_release_says_how_to_list_them(dev: Deployment) -> None:
    with pytest.raises(SconesError, match="has no release 'x': 'make rollback ENV=dev ARGS=--releases'"):
        releases.find(dev.environment, "x")


def test_a_listed_release_says_what_it_is(dev: Deployment) -> None:
    release = dev.apply(passed=True)

    assert [str(found) for found in releases.releases(dev.environment)] == [
        f"{release}  model model 1  commit c0ffee  passed, runs now"
    ]
