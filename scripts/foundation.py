"""Apply terraform/foundation: the data bucket, the key, the SageMaker role, the model registry's group.

    python scripts/foundation.py --env local

It is the first step of an environment; running it again changes nothing.
"""

import argparse

from scones.errors import main
from scones.infrastructure.terraform import Root
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    root = Root("foundation", environment)
    root.plan(show=not environment.is_local)
    root.apply()
    root.keep_state_in_bucket()
    print(f"The foundation of {environment.name} stands. Next: make stage ENV={environment.name}")


if __name__ == "__main__":
    main(command)
