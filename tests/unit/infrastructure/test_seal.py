"""A sealed plan is refused, by name, as soon as anything that it was made from is not as it was."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scones.infrastructure import seal as sealing
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.seal import Facts, Seal
from scones.infrastructure.source import Source

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILES = {
    "build/lambdas/THRESHOLD_CONFIDENCE.zip": "1" * 64,
    "statemachine/classify-vehicle.asl.json": "2" * 64,
    "terraform/environments/prod.tfvars": "3" * 64,
    "terraform/workflow/.terraform.lock.hcl": "4" * 64,
    "terraform/workflow/main.tf": "5" * 64,
    "home/model.tfvars.json": "6" * 64,
    "home/foundation.tfvars.json": "7" * 64,
}
FACTS = Facts(
    environment="prod",
    root="workflow",
    account="111111111111",
    lineage="5e0c",
    serial=7,
    terraform="1.11.4",
    providers={"registry.terraform.io/hashicorp/aws": "5.100.0"},
    source=Source("a" * 40, "b" * 40),
    files=FILES,
)


def seal(**changed: object) -> Seal:
    made = {
        "facts": FACTS,
        "purpose": "apply",
        "made_at": NOON.isoformat(),
        "expires_at": sealing.expiry(NOON, 8),
        "artefacts": {},
        "allowed_accounts": ("111111111111", "222222222222"),
    }
    return Seal(**(made | changed))  # type: ignore[arg-type]


def with_file(name: str, digest: str) -> Facts:
    return replace(FACTS, files=FILES | {name: digest})


def refusal(check: Callable[[], None]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check()
    return caught.value


def test_a_plan_is_accepted_when_all_is_as_it_was() -> None:
    sealing.check_facts(seal(), FACTS)


@pytest.mark.parametrize(
    ("reason", "now"),
    [
        ("zip-changed", with_file("build/lambdas/THRESHOLD_CONFIDENCE.zip", "x")),
        ("definition-changed", with_file("statemachine/classify-vehicle.asl.json", "x")),
        ("variables-changed", with_file("terraform/environments/prod.tfvars", "x")),
        ("lock-file-changed", with_file("terraform/workflow/.terraform.lock.hcl", "x")),
        ("code-changed", with_file("terraform/workflow/main.tf", "x")),
        ("code-changed", with_file("terraform/workflow/new.tf", "x")),
        ("manifest-changed", with_file("home/model.tfvars.json", "x")),
        ("foundation-changed", with_file("home/foundation.tfvars.json", sealing.GONE)),
        ("state-moved", replace(FACTS, serial=8)),
        ("state-moved", replace(FACTS, lineage="0000")),
        ("wrong-environment", replace(FACTS, environment="dev")),
        ("wrong-environment", replace(FACTS, root="foundation")),
        ("terraform-version", replace(FACTS, terraform="1.12.0")),
        ("provider-version", replace(FACTS, providers={"registry.terraform.io/hashicorp/aws": "5.99.0"})),
        ("source-moved", replace(FACTS, source=Source("c" * 40, "d" * 40))),
    ],
)
def test_each_difference_is_refused_under_its_own_name(reason: str, now: Facts) -> None:
    refused = refusal(lambda: sealing.check_facts(seal(), now))

    assert refused.reason == reason
    assert str(refused).startswith(f"refused ({reason}): ")


def test_a_refusal_names_the_file_and_what_to_do() -> None:
    now = with_file("build/lambdas/THRESHOLD_CONFIDENCE.zip", "x")

    said = str(refusal(lambda: sealing.check_facts(seal(), now)))

    assert said == (
        "refused (zip-changed): the function's zip build/lambdas/THRESHOLD_CONFIDENCE.zip has changed "
        "since the plan was made: run 'make plan ENV=prod' and read it again"
    )


def test_another_commit_with_the_same_content_is_accepted() -> None:
    sealing.check_facts(seal(), replace(FACTS, source=Source("c" * 40, FACTS.source.tree)))


def test_another_account_than_the_planned_one_is_refused() -> None:
    assert refusal(lambda: sealing.check_account(seal(), "222222222222")).reason == "wrong-account"


def test_an_account_that_is_not_in_the_list_is_refused() -> None:
    limited = seal(allowed_accounts=("222222222222",))

    assert refusal(lambda: sealing.check_account(limited, FACTS.account)).reason == "account-not-allowed"


def test_any_account_is_accepted_when_there_is_no_list() -> None:
    sealing.check_account(seal(allowed_accounts=()), FACTS.account)


def test_a_plan_can_be_applied_until_it_expires_and_not_after() -> None:
    sealing.check_time(seal(), NOON + timedelta(hours=7, minutes=59))

    assert refusal(lambda: sealing.check_time(seal(), NOON + timedelta(hours=8))).reason == "expired"


def test_a_seal_that_is_read_back_is_the_same(tmp_path: Path) -> None:
    seal(gates=("destroys-bucket",)).write(tmp_path / "seal.json")

    assert Seal.read(tmp_path / "seal.json") == seal(gates=("destroys-bucket",))


def test_a_seal_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    seal(gates=("destroys-bucket",)).write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"gates": []}))

    assert refusal(lambda: Seal.read(path)).reason == "seal-broken"


@pytest.mark.parametrize("content", ["[]", "{}", '{"digest": "1"}', "null"])
def test_what_is_no_seal_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "seal.json").write_text(content)

    assert refusal(lambda: Seal.read(tmp_path / "seal.json")).reason in ("seal-broken", "no-seal")


def test_a_plan_that_is_not_the_sealed_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tfplan").write_bytes(b"another plan")
    sealed = seal(artefacts={"tfplan": "1" * 64})

    assert refusal(lambda: sealing.check_artefacts(sealed, tmp_path)).reason == "plan-changed"
