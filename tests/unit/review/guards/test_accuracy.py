"""A model begins to serve only where enough pictures speak for it."""

from unit.review.guards.things import NEW_MODEL, endpoint, entry, evaluation, model, tripped


def test_a_model_below_the_floor_trips() -> None:
    found = tripped(NEW_MODEL, variables=model(0.7), accuracy_floor=0.8)

    assert found == {"accuracy-floor": ["the model's accuracy is 0.700, below the floor of 0.8"]}


def test_a_model_above_the_floor_passes() -> None:
    assert tripped(NEW_MODEL, variables=model(0.8), accuracy_floor=0.8) == {}


def test_without_a_floor_any_model_passes() -> None:
    assert tripped(NEW_MODEL, variables=model(0.1)) == {}


def test_a_model_of_unknown_accuracy_trips_where_there_is_a_floor() -> None:
    found = tripped(NEW_MODEL, variables=model(), accuracy_floor=0.8)

    assert found == {"accuracy-floor": ["the model's accuracy is unknown, and the floor is 0.8"]}


def test_an_evaluation_counts_more_than_what_training_measured() -> None:
    assert "accuracy-floor" in tripped(
        NEW_MODEL, variables=model(0.99), accuracy_floor=0.8, evaluations={"job": evaluation(35, 15)}
    )
    assert not tripped(
        NEW_MODEL, variables=model(0.1), accuracy_floor=0.8, evaluations={"job": evaluation(45, 5)}
    )


def test_a_model_that_few_pictures_speak_for_is_not_opened() -> None:
    few = {"job": evaluation(45, 4)}

    found = tripped(NEW_MODEL, variables=model(0.99), accuracy_floor=0.8, evaluations=few)

    assert found == {
        "accuracy-floor": [
            "the model was evaluated on 49 pictures, and it takes 50 to tell whether it is above the floor "
            "of 0.8"
        ]
    }
    assert tripped(NEW_MODEL, variables=model(0.99), evaluations=few) == {}


def test_a_model_that_is_bad_on_few_pictures_is_said_to_be_bad() -> None:
    found = tripped(NEW_MODEL, variables=model(), accuracy_floor=0.8, evaluations={"job": evaluation(1, 3)})

    assert found == {"accuracy-floor": ["the model's accuracy is 0.250, below the floor of 0.8"]}


def test_an_endpoint_that_comes_back_opens_its_model() -> None:
    back = entry("aws_sagemaker_endpoint", None, endpoint("a"))

    assert "accuracy-floor" in tripped(back, variables=model(0.7), accuracy_floor=0.8)


def test_a_bad_model_that_serves_already_is_not_opened_by_another_change() -> None:
    tags = entry("aws_sagemaker_model", {"name": "a"}, {"name": "a", "tags": {"Team": "routing"}})

    assert tripped(tags, variables=model(0.1), accuracy_floor=0.8) == {}


def test_a_bad_model_is_not_opened_by_a_plan_that_pauses() -> None:
    gone = entry("aws_sagemaker_endpoint", endpoint("a"), None)

    assert "accuracy-floor" not in tripped(NEW_MODEL, gone, variables=model(0.1), accuracy_floor=0.8)
    assert tripped(NEW_MODEL, variables=model(0.1) | {"paused": True}, accuracy_floor=0.8) == {}


def test_a_bad_model_is_opened_by_a_plan_that_only_forgets_the_endpoint() -> None:
    left = entry("aws_sagemaker_endpoint", endpoint("a"), None, ["forget"])

    assert "accuracy-floor" in tripped(NEW_MODEL, left, variables=model(0.1), accuracy_floor=0.8)
