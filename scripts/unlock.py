"""Take away the lock that a run which is dead has left on a state.

    python scripts/unlock.py --env prod --root workflow 6f1c…

`make apply` names the lock, who holds it and since when. Be sure that nobody works there any more.
"""

import argparse

from scones.errors import main
from scones.infrastructure.terraform import ROOTS, Root
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--root", choices=ROOTS, default="workflow", help="default: %(default)s")
    parser.add_argument("lock", help="the lock's ID, as the refusal gave it")
    arguments = parser.parse_args()
    Root(arguments.root, Environment.load(arguments.env)).unlock(arguments.lock)
    print(f"The state of {arguments.root} is unlocked. Next: make plan ENV={arguments.env}")


if __name__ == "__main__":
    main(command)
