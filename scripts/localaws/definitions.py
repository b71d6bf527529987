"""Checking a state machine's definition before it is accepted: statelint for what it means, the engine for
what it can run."""

from __future__ import annotations

import json
import re


def diagnostics(definition: str, kind: str = "STANDARD") -> list[dict[str, str]]:
    """What is wrong with a definition, as ValidateStateMachineDefinition lists it; empty when nothing is.

    `kind` is STANDARD or EXPRESS. The engine must have been mended (engine.mend), because this loads it.
    """
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
    from statelint.linter import Linter

    try:
        parsed = json.loads(definition)
    except ValueError as error:
        return [_diagnostic("INVALID_JSON_DESCRIPTION", f"Invalid JSON: {error}")]
    if not isinstance(parsed, dict):
        return [_diagnostic("INVALID_JSON_DESCRIPTION", "A definition is a JSON object")]
    # statelint knows neither filters in paths nor a distributed map's Label.
    linted = Linter.validate(json.loads(re.sub(r"\[\?\(.*?\)\]", "[*]", definition)))
    problems = [each for each in linted if not each.startswith('Field "Label" not allowed')]
    if not problems:
        try:
            AmazonStateLanguageParser.parse(definition)
        except Exception as error:  # the engine's classes raise what they like
            problems = [f"{type(error).__name__}: {error!r}"]
    if kind == "EXPRESS":
        waits = re.findall(r'"(arn:[^"]*\.(?:sync(?::2)?|waitForTaskToken))"', json.dumps(parsed))
        problems += [f"Express state machine does not support {arn}" for arn in waits]
    return [_diagnostic("SCHEMA_VALIDATION_FAILED", problem) for problem in problems]


def _diagnostic(code: str, message: str) -> dict[str, str]:
    return {"severity": "ERROR", "code": code, "message": message}
