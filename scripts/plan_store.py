"""Carry saved plans from the machine that planned to the one that applies, through the state bucket.

    python scripts/plan_store.py --env prod --store
    python scripts/plan_store.py --env prod --fetch <digest>

`make plan` prints the digest, and a pull request shows it. What is fetched takes the place of any saved plan;
`make apply ENV=prod ARGS='--seal <digest>'` then applies exactly that.
"""

import argparse

from scones.errors import UsageError, main
from scones.infrastructure import plan_store
from scones.infrastructure.saved_plans import digest
from scones.settings import Environment, add_environment_argument


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    if arguments.store == bool(arguments.fetch):
        raise UsageError("say either --store or --fetch <digest>")
    if arguments.store:
        print(f"Stored: {plan_store.store(environment)}")
        print(f"Digest: {digest(environment)}")
        return
    files = plan_store.fetch(environment, arguments.fetch)
    seal = f"ARGS='--seal {arguments.fetch}'"
    print(f"{len(files)} files fetched. Next: make apply ENV={environment.name} {seal}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--store", action="store_true", help="upload the saved plans")
    parser.add_argument("--fetch", metavar="DIGEST", help="download the plans of this digest")
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
