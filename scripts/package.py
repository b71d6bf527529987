"""Pack the Lambda functions into zips that Terraform ships.

    python scripts/package.py
    python scripts/package.py --out build/lambdas THRESHOLD_CONFIDENCE

The same source always gives the same bytes, and a zip that has not changed is left alone.
"""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from scones.errors import main
from scones.infrastructure.packaging import Package, package_functions
from scones.settings import BUILD, REPOSITORY


def command() -> None:
    arguments = parse_arguments()
    packages = package_functions(REPOSITORY / "lambdas", arguments.out, arguments.names)
    if arguments.json:
        print(json.dumps([asdict(package) for package in packages]))
        return
    width = max((len(package.name) for package in packages), default=0)
    for package in packages:
        print(describe(package, width))
    changed = sum(package.changed for package in packages)
    print(f"{len(packages)} packed in {shown(arguments.out)}, {changed} changed. Next: make plan")


def describe(package: Package, width: int) -> str:
    return f"{package.name:{width}}  {package.size:6} bytes  sha256 {package.sha256}"


def shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a function's folder name; default: all")
    parser.add_argument(
        "--out", type=Path, default=BUILD / "lambdas", metavar="DIR", help="default: build/lambdas"
    )
    parser.add_argument("--json", action="store_true", help="print the packages on standard output as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
