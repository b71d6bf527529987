"""Local AWS: moto in one process, made live.

moto answers AWS's APIs and remembers what it was told. This package adds what makes an account *do*
something: functions run from their deployed zip, state machine executions really run and log, S3 events reach
their targets, training jobs and endpoints are real processes. Each module's docstring says what is real in it
and what is not.

    python -m localaws start --home build/local      # in the background; prints the endpoint
    python -m localaws status --home build/local
    python -m localaws stop --home build/local

Everything listens on 127.0.0.1. State is in memory: it lives and dies with the server.
"""
