"""`python -m algorithm train` and `python -m algorithm serve`: the commands SageMaker runs a container with.

`predict` answers a list of pictures without a server, by the code that training validates with.

    SAGEMAKER_BASE_DIR=build/job python -m algorithm train
    SAGEMAKER_BASE_DIR=build/job SAGEMAKER_BIND_TO_PORT=8081 python -m algorithm serve
    python -m algorithm predict --model build/job/model --pictures build/test --list build/test.lst

Exit code 0: done; 1: failed, with the reason in output/failure and on standard error; 2: neither command.
"""

import os
import sys

from algorithm.container import Container, write_atomically
from algorithm.errors import AlgorithmError

# Threads that spin while they wait starve all else on a small machine: the same training took five times the
# CPU time beside two other busy programs. Read when torch is loaded, so it must be set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

USAGE = "usage: python -m algorithm {train,serve,predict}"


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    if arguments[:1] == ["predict"]:
        from algorithm import prediction

        return prediction.main(arguments[1:])
    if arguments not in (["train"], ["serve"]):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        container = Container.from_environment(os.environ)
        (train if arguments == ["train"] else serve)(container)
    except AlgorithmError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def train(container: Container) -> None:
    """Train, and leave the reason of a failure where SageMaker looks for it."""
    from algorithm import job

    job.start_logging()
    try:
        job.run(container)
    except AlgorithmError as error:
        write_atomically(container.failure, f"{error}\n".encode())
        raise
    except Exception as error:
        # The job's page shows this file alone; the traceback goes to the log.
        write_atomically(container.failure, f"AlgorithmError: {type(error).__name__}: {error}\n".encode())
        raise


def serve(container: Container) -> None:
    """Serve until SIGTERM."""
    from algorithm import serving

    serving.run(container)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
