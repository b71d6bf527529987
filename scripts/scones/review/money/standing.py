"""What resources cost a month while they stand there and nobody uses them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scones.review.money.prices import Prices
from scones.review.plan import UNKNOWN
from scones.review.values import at, listed, parsed

Resource = Mapping[str, Any]  # type, name, module, attributes: as a state lists them
ALARMS_OF_A_TARGET = 2  # that target tracking makes: one to add instances, one to take them away
SECONDS_AN_HOUR = 3600
DECISION_METRICS = 4  # that THRESHOLD_CONFIDENCE prints of all answers, and of each class's
DRIFT_METRICS = 8  # that monitor-drift prints


@dataclass(frozen=True)
class Line:
    """What one kind of thing costs a month, in US dollars, at minimum and maximum capacity.

    None is unknown. `how` is the sum behind it, or why there is none.
    """

    what: str
    minimum: float | None
    maximum: float | None
    how: str

    @property
    def is_unknown(self) -> bool:
        return self.minimum is None or self.maximum is None


def lines(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    """Return a line for every kind of thing that costs while it stands, the dearest first."""
    found = [line for kind in KINDS for line in kind(resources, prices)] + _unknown_types(resources, prices)
    return sorted(found, key=lambda line: (not line.is_unknown, -(line.maximum or 0), line.what))


# --- Endpoints ---------------------------------------------------------------------------------------


def _endpoints(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    return [
        line
        for endpoint in of_type(resources, "aws_sagemaker_endpoint")
        for line in _endpoint(endpoint, resources, prices)
    ]


def _endpoint(endpoint: Resource, resources: Sequence[Resource], prices: Prices) -> list[Line]:
    name = str(endpoint["attributes"].get("name", "?"))
    configuration = configuration_of(endpoint, resources)
    if configuration is None:
        return [Line(f"endpoint {name}", None, None, "its configuration is not known here")]
    attributes = configuration["attributes"]
    variants = [
        *listed(attributes.get("production_variants")),
        *listed(attributes.get("shadow_production_variants")),
    ]
    if not all(isinstance(variant, Mapping) for variant in variants):
        return [Line(f"endpoint {name}", None, None, "what it runs on is not known yet")]
    return [_variant(name, variant, resources, prices) for variant in variants]


def configuration_of(endpoint: Resource, resources: Sequence[Resource]) -> Resource | None:
    """Return the configuration of an endpoint; by its module where a plan does not know its name yet."""
    configurations = of_type(resources, "aws_sagemaker_endpoint_configuration")
    wanted = endpoint["attributes"].get("endpoint_config_name")
    for found in configurations:
        if wanted not in (None, UNKNOWN) and found["attributes"].get("name") == wanted:
            return found
    beside = [found for found in configurations if found.get("module") == endpoint.get("module")]
    return beside[0] if wanted in (None, UNKNOWN) and len(beside) == 1 else None


def _variant(
    endpoint: str, variant: Mapping[str, Any], resources: Sequence[Resource], prices: Prices
) -> Line:
    what = f"endpoint {endpoint}"
    if variant.get("serverless_config"):
        return _serverless(what, at(variant, "serverless_config.0"))
    kind = variant.get("instance_type")
    least, most = capacity(endpoint, variant, resources)
    price = prices.instance(kind) if isinstance(kind, str) else None
    if least is None or most is None:
        return Line(what, None, None, "its number of instances is not known yet")
    number = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    if price is None:
        return Line(
            what, None, None, f"{number} × {kind}: no price in {prices.region or 'an unknown region'}"
        )
    month = price * prices.hours
    return Line(what, least * month, most * month, f"{number} × {kind} at ${price:g} an hour")


def _serverless(what: str, settings: Any) -> Line:
    if at(settings, "provisioned_concurrency"):
        return Line(what, None, None, "serverless with provisioned concurrency: no price")
    return Line(what, 0.0, 0.0, f"serverless, {at(settings, 'memory_size_in_mb')} MB: paid by use")


def capacity(
    endpoint: str, variant: Mapping[str, Any], resources: Sequence[Resource]
) -> tuple[float | None, float | None]:
    """Return the fewest and the most instances of a variant: autoscaling's, or as many as it starts with."""
    for target in of_type(resources, "aws_appautoscaling_target"):
        place = f"endpoint/{endpoint}/variant/{variant.get('variant_name')}"
        if target["attributes"].get("resource_id") == place:
            return _number(target["attributes"].get("min_capacity")), _number(
                target["attributes"].get("max_capacity")
            )
    for managed in variant.get("managed_instance_scaling") or []:
        if managed.get("status") == "ENABLED":
            return _number(managed.get("min_instance_count")), _number(managed.get("max_instance_count"))
    initial = _number(variant.get("initial_instance_count"))
    return initial, initial


# --- Everything else ---------------------------------------------------------------------------------


def _keys(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    number = len(of_type(resources, "aws_kms_key", "aws_kms_replica_key"))
    how = "each of its first two yearly rotations adds as much"
    return _counted("encryption keys", number, prices.of("kms_key_month"), how)


def _alarms(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    usual = high = 0
    for alarm in of_type(resources, "aws_cloudwatch_metric_alarm"):
        metrics, is_high = _metrics(alarm["attributes"])
        usual, high = (usual, high + metrics) if is_high else (usual + metrics, high)
    scaling = ALARMS_OF_A_TARGET * sum(
        policy["attributes"].get("policy_type") == "TargetTrackingScaling"
        for policy in of_type(resources, "aws_appautoscaling_policy")
    )
    note = f"{scaling} of them autoscaling's own" if scaling else ""
    composite = len(of_type(resources, "aws_cloudwatch_composite_alarm"))
    return [
        *_counted("metrics of alarms", usual + scaling, prices.of("alarm_metric_month"), note),
        *_counted("metrics of fast alarms", high, prices.of("alarm_metric_month_high_resolution")),
        *_counted("composite alarms", composite, prices.of("composite_alarm_month")),
    ]


def _metrics(alarm: Mapping[str, Any]) -> tuple[int, bool]:
    """Return how many metrics an alarm watches, and whether it looks more often than once a minute."""
    queries = [query for query in listed(alarm.get("metric_query")) if at(query, "metric.0")]
    periods = [at(metric, "period") for query in queries for metric in listed(at(query, "metric"))]
    shortest = min((period for period in [*periods, alarm.get("period")] if _number(period)), default=60)
    return max(1, len(queries)), shortest < 60


def _dashboards(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    number = len(of_type(resources, "aws_cloudwatch_dashboard"))
    how = "the first three of an account are free"
    return _counted("dashboards", number, prices.of("dashboard_month"), how)


def _own_metrics(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    """Functions that print metrics say so in their environment. An hour without one costs nothing."""
    number = 0
    for function in of_type(resources, "aws_lambda_function"):
        variables = at(function["attributes"], "environment.0.variables")
        if not isinstance(variables, Mapping):
            continue
        if "METRICS_NAMESPACE" in variables:
            number += DECISION_METRICS * (1 + len(listed(parsed(variables.get("CLASS_NAMES")))))
        if "REPORTS_S3_URI" in variables:
            number += DRIFT_METRICS
    how = "at most: those of hours without one are free"
    return _counted("metrics of its own", number, prices.of("custom_metric_month"), how)


def _interface_endpoints(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    zones: list[int] = []
    for endpoint in of_type(resources, "aws_vpc_endpoint"):
        attributes = endpoint["attributes"]
        if attributes.get("vpc_endpoint_type") in ("Gateway", None):  # the provider's default
            continue
        subnets = attributes.get("subnet_ids")
        if attributes.get("vpc_endpoint_type") != "Interface" or not isinstance(subnets, list):
            return [Line("interface endpoints", None, None, "their zones are not known yet")]
        zones.append(len(subnets))
    price = _a_month(prices.of("interface_endpoint_hour"), prices)
    return _counted("zones of interface endpoints", sum(zones), price, f"{len(zones)} endpoints")


def _gateways(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    gateways, addresses = of_type(resources, "aws_nat_gateway"), of_type(resources, "aws_eip")
    return [
        *_counted("NAT gateways", len(gateways), _a_month(prices.of("nat_gateway_hour"), prices)),
        *_counted("public addresses", len(addresses), _a_month(prices.of("public_ipv4_hour"), prices)),
    ]


def _secrets(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    number = len(of_type(resources, "aws_secretsmanager_secret"))
    return _counted("secrets in Secrets Manager", number, prices.of("secret_month"))


def _provisioned_concurrency(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    return [
        _provisioned(found["attributes"], resources, prices)
        for found in of_type(resources, "aws_lambda_provisioned_concurrency_config")
    ]


def _provisioned(settings: Mapping[str, Any], resources: Sequence[Resource], prices: Prices) -> Line:
    name = settings.get("function_name")
    what = f"provisioned concurrency of {name}"
    number = _number(settings.get("provisioned_concurrent_executions"))
    for function in of_type(resources, "aws_lambda_function"):
        attributes = function["attributes"]
        memory = _number(attributes.get("memory_size"))
        price = prices.of(f"lambda_provisioned_gb_second_{architecture(attributes)}")
        if name in (attributes.get("function_name"), attributes.get("arn")) and None not in (
            number,
            memory,
            price,
        ):
            month = (number or 0) * (memory or 0) / 1024 * (price or 0) * prices.hours * SECONDS_AN_HOUR
            return Line(what, month, month, f"{number:g} × {memory:g} MB at ${price:g} a GB-second")
    return Line(what, None, None, "its function or its price is not known here")


def architecture(function: Mapping[str, Any]) -> str:
    """Return a function's architecture, which decides its price."""
    return str((function.get("architectures") or ["x86_64"])[0])


def _unknown_types(resources: Sequence[Resource], prices: Prices) -> list[Line]:
    """Return a line for every type of which nothing is known, so that none counts as free."""
    found = [str(resource["type"]) for resource in resources]
    strange = sorted({kind for kind in found if kind not in prices.free_types | PRICED})
    return [Line(f"{found.count(kind)} × {kind}", None, None, "no price of this type") for kind in strange]


KINDS: tuple[Callable[[Sequence[Resource], Prices], list[Line]], ...] = (
    _endpoints,
    _keys,
    _alarms,
    _dashboards,
    _own_metrics,
    _interface_endpoints,
    _gateways,
    _secrets,
    _provisioned_concurrency,
)
PRICED = frozenset(
    {
        "aws_cloudwatch_composite_alarm",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_metric_alarm",
        "aws_eip",
        "aws_kms_key",
        "aws_kms_replica_key",
        "aws_lambda_provisioned_concurrency_config",
        "aws_nat_gateway",
        "aws_sagemaker_endpoint",
        "aws_sagemaker_endpoint_configuration",
        "aws_secretsmanager_secret",
        "aws_vpc_endpoint",
    }
)


def _counted(what: str, number: int, price: float | None, note: str = "") -> list[Line]:
    if not number:
        return []
    if price is None:
        return [Line(what, None, None, f"{number}, no price in this region")]
    how = f"{number} at ${price:.2f}" + (f"; {note}" if note else "")
    return [Line(what, number * price, number * price, how)]


def _a_month(price: float | None, prices: Prices) -> float | None:
    return None if price is None else price * prices.hours


def of_type(resources: Iterable[Resource], *kinds: str) -> list[Resource]:
    """Return those of some resources that are of these types."""
    return [resource for resource in resources if resource["type"] in kinds]


def _number(value: Any) -> float | None:
    """Return a number; None for what is not known yet or masked."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
