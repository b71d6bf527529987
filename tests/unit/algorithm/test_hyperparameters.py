"""Hyperparameters are checked before anything else happens."""

from typing import Any

import pytest

from algorithm.errors import ClientError
from algorithm.hyperparameters import parse

REQUIRED = {"num_classes": "2", "num_training_samples": "900"}


def test_the_defaults_are_the_documented_ones_where_nothing_else_is_said() -> None:
    settings = parse(REQUIRED)

    assert (settings.epochs, settings.learning_rate, settings.mini_batch_size) == (30, 0.1, 32)
    assert (settings.momentum, settings.beta_1, settings.beta_2, settings.gamma) == (0.9, 0.9, 0.999, 0.9)
    assert (settings.early_stopping, settings.early_stopping_patience) == (False, 5)
    assert settings.image_shape == (3, 224, 224)
    assert settings.lr_scheduler_step is None


def test_values_arrive_typed() -> None:
    settings = parse(
        REQUIRED
        | {"early_stopping": "True", "lr_scheduler_step": "10,20", "use_weighted_loss": "1", "top_k": "2"}
    )

    assert settings.early_stopping is True
    assert settings.lr_scheduler_step == (10, 20)
    assert settings.use_weighted_loss is True
    assert settings.top_k == 2


def test_the_tuners_own_name_is_let_through() -> None:
    assert parse(REQUIRED | {"_tuning_objective_metric": "validation:accuracy"}).num_classes == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epoch", "3", "unknown hyperparameter 'epoch'; did you mean epochs?"),
        ("num_classes", "1", "num_classes is '1', must be a whole number of at least 2"),
        ("epochs", "0", "epochs is '0', must be a whole number of at least 1"),
        ("epochs", "ten", "epochs is 'ten', must be a whole number of at least 1"),
        ("epochs", "3.5", "epochs is '3.5', must be a whole number of at least 1"),
        ("epochs", 3, "epochs must be a string, not 3"),
        ("learning_rate", "1.5", "learning_rate is '1.5', must be a number from 0 to 1"),
        ("learning_rate", "nan", "learning_rate is 'nan', must be a number from 0 to 1"),
        ("momentum", "1", "momentum is '1', must be a number from 0 to below 1"),
        ("optimizer", "lion", "optimizer is 'lion', must be one of"),
        ("num_layers", "21", "num_layers is '21', must be one of"),
        ("early_stopping", "yes", "early_stopping is 'yes', must be True or False"),
        ("image_shape", "32,32", "image_shape is '32,32', must be \"3,height,width\""),
        ("image_shape", "1,32,32", "image_shape is '1,32,32', must be \"3,height,width\""),
        ("image_shape", "3,8,8", "a height and width from 16 to 512 pixels"),
        ("lr_scheduler_step", "20,10", "lr_scheduler_step is '20,10', must be rising epochs"),
        ("precision_dtype", "float16", "precision_dtype is 'float16', must be float32"),
        ("use_pretrained_model", "2", "use_pretrained_model is '2', must be one of 0, 1"),
        ("use_pretrained_model", "1", "needs num_layers 8 and image_shape 3,32,32"),
        ("multi_label", "1", "multi_label is '1', must be 0: several labels"),
        ("top_k", "3", "top_k 3 is more than num_classes 2"),
        ("resize", "100", "resize 100 is smaller than image_shape 224x224"),
        ("checkpoint_frequency", "31", "checkpoint_frequency 31 is more than epochs 30"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(ClientError) as error:
        parse(REQUIRED | {name: value})

    assert message in str(error.value)


@pytest.mark.parametrize("name", ["num_classes", "num_training_samples"])
def test_a_required_value_is_asked_for(name: str) -> None:
    with pytest.raises(ClientError, match=f"ClientError: hyperparameter {name} is required"):
        parse({key: value for key, value in REQUIRED.items() if key != name})
