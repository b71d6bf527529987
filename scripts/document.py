"""Write the tables of variables, outputs and resources into the READMEs of Terraform's roots and modules, and
into that of local AWS what its tests hold.

    python scripts/document.py
    python scripts/document.py --check      write nothing; fail when a README is not as its code says

Each README has the tables between two marks; everything else in it is left as it is.
"""

import argparse
from pathlib import Path

from checks.readme import readmes, stale_among
from scones.errors import SconesError, main
from scones.files import write_bytes
from scones.settings import TERRAFORM


def command() -> None:
    arguments = parse_arguments()
    wanted = readmes(arguments.terraform)
    stale = stale_among(wanted)
    if arguments.check:
        refuse(stale, arguments.terraform)
        print(f"{len(wanted)} READMEs are as their code says")
        return
    for path in stale:
        write_bytes(path, wanted[path].encode())
        print(f"written: {path.relative_to(arguments.terraform.parent)}")
    print(f"{len(stale)} of {len(wanted)} READMEs written anew")


def refuse(stale: list[Path], terraform: Path) -> None:
    if stale:
        names = ", ".join(str(path.relative_to(terraform.parent)) for path in stale)
        raise SconesError(f"not as the code says: {names}: run 'make docs'")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something is stale")
    parser.add_argument("--terraform", type=Path, default=TERRAFORM, metavar="DIR", help="default: terraform")
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
