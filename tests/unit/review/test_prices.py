"""The price table: dated, with its sources, and silent about what it does not hold."""

from datetime import date

import pytest

from scones.review.money.prices import prices
from scones.review.money.standing import PRICED
from scones.settings import ENVIRONMENTS, TERRAFORM

EVERY = prices("us-east-1").raw


def test_the_table_says_when_and_where_its_prices_were_taken() -> None:
    assert isinstance(prices("us-east-1").taken, date)
    assert all(EVERY["sources"].values())


def test_a_price_of_a_region_is_found() -> None:
    assert prices("us-east-1").instance("ml.m5.large") == 0.115
    assert prices("eu-west-1").instance("ml.m5.xlarge") == 0.257


@pytest.mark.parametrize(
    ("region", "kind"),
    [("us-east-1", "ml.m5.gigantic"), ("eu-west-1", "ml.m5.large"), ("mars-1", "ml.m5.large")],
)
def test_what_the_table_does_not_hold_has_no_price(region: str, kind: str) -> None:
    assert prices(region).instance(kind) is None


def test_what_costs_the_same_everywhere_is_unknown_in_an_unknown_region() -> None:
    assert prices("eu-west-1").of("kms_key_month") == 1.0
    assert prices("mars-1").of("kms_key_month") is None
    assert prices("").of("kms_key_month") is None


def test_no_price_is_zero_or_less() -> None:
    tables = [EVERY["everywhere"], *EVERY["regions"].values()]
    numbers = [price for table in tables for price in table.values() if not isinstance(price, dict)]
    numbers += [price for table in EVERY["regions"].values() for price in table["instances"].values()]
    assert min(numbers) > 0


def test_nothing_is_both_free_and_priced() -> None:
    assert not prices("us-east-1").free_types & PRICED


def test_every_type_that_the_code_makes_is_free_or_priced() -> None:
    made = {
        line.split('"')[1]
        for file in TERRAFORM.rglob("*.tf")
        if ".terraform" not in file.parts
        for line in file.read_text().splitlines()
        if line.startswith('resource "')
    }
    assert made - prices("us-east-1").free_types - PRICED == set()


def test_the_region_of_every_environment_has_prices() -> None:
    regions = {
        line.split('"')[1]
        for file in ENVIRONMENTS.glob("*.tfvars")
        for line in file.read_text().splitlines()
        if line.startswith("region ")
    }
    assert regions <= set(EVERY["regions"])
