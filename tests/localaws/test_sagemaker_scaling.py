"""Scalable targets through boto3."""

import pytest

from .conftest import ClientOf
from .sagemaker_toy import fresh


def test_a_target_that_was_deregistered_already_is_not_found(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{fresh('endpoint')}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.deregister_scalable_target(**target)

    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**target)


def test_a_policy_that_is_not_there_is_not_found(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")

    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.delete_scaling_policy(
            PolicyName="none",
            ServiceNamespace="sagemaker",
            ResourceId="endpoint/none/variant/AllTraffic",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        )
