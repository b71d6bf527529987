"""Write the tables of variables, outputs and resources into the READMEs of Terraform's roots and modules.

    python scripts/document.py
    python scripts/document.py --check      write nothing; fail when a README is not as its code says

Each README has the tables between two marks; everything else in it is left as it is.
"""

import argparse
from pathlib import Path

from checks.readme import documented_folders, readme
from scones.errors import SconesError, main
from scones.files import write_bytes
from scones.settings import TERRAFORM


def command() -> None:
    arguments = parse_arguments()
    stale = stale_readmes(arguments.terraform)
    if arguments.check:
        refuse(sorted(stale), arguments.terraform)
        print(f"{len(documented_folders(arguments.terraform))} READMEs are as their code says")
        return
    for path, text in stale.items():
        write_bytes(path, text.encode())
        print(f"written: {path.relative_to(arguments.terraform.parent)}")
    print(f"{len(stale)} of {len(documented_folders(arguments.terraform))} READMEs written anew")


def stale_readmes(terraform: Path) -> dict[Path, str]:
    """Return the READMEs that are not as their code says, with the text that they should have."""
    wanted = {folder / "README.md": readme(folder) for folder in documented_folders(terraform)}
    return {path: text for path, text in wanted.items() if not path.is_file() or path.read_text() != text}


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
