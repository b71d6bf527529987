"""The part of a README that is written from code: a module's variables, outputs and what it makes, or what
the tests of local AWS hold."""

import re
from pathlib import Path

from checks import conformance, hcl
from checks.hcl import Block

BEGIN = "<!-- Written by make docs: begin -->"
END = "<!-- Written by make docs: end -->"
LONGEST_DEFAULT = 48  # characters; a longer one is told by a link


def readmes(terraform: Path) -> dict[Path, str]:
    """Return every README that has a generated part, as it should be: those of Terraform and, beside it, that
    of local AWS."""
    wanted = {folder / "README.md": readme(folder) for folder in documented_folders(terraform)}
    localaws = terraform.parent / "scripts" / "localaws" / "README.md"
    tests = terraform.parent / "tests" / "localaws"
    if localaws.is_file() and tests.is_dir():
        wanted[localaws] = with_generated(localaws.read_text(), conformance.table(tests))
    return wanted


def stale_among(wanted: dict[Path, str]) -> list[Path]:
    """Return the READMEs that are not as they should be."""
    return [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]


def documented_folders(terraform: Path) -> list[Path]:
    """Return the folders that have a generated part: both roots and every module."""
    modules = sorted(path.parent for path in terraform.glob("modules/*/variables.tf"))
    return [terraform / "foundation", terraform / "workflow", *modules]


def readme(folder: Path) -> str:
    """Return a folder's README as it should be: what people wrote, and the tables as the code is now."""
    path = folder / "README.md"
    written = path.read_text() if path.is_file() else f"# {folder.name}\n"
    return with_generated(written, generated(folder))


def with_generated(written: str, content: str) -> str:
    """Return what people wrote, with `content` between the marks."""
    before, _, rest = written.partition(BEGIN)
    after = rest.partition(END)[2].strip("\n")
    return f"{before.rstrip()}\n\n{BEGIN}\n{content}\n{END}\n" + (f"\n{after}\n" if after else "")


def generated(folder: Path) -> str:
    """Return one table each of the variables, the outputs, the resources and the modules that are called."""
    blocks = hcl.read_blocks(folder)
    tables = [
        _table("Variables", ["variable", "type", "default", "what it is"], _variables(blocks)),
        _table("Outputs", ["output", "what it is"], _outputs(blocks)),
        _table("Resources", ["resource", "how many", "in"], _resources(blocks)),
        _table("Modules", ["module", "how many", "source"], _modules(blocks)),
    ]
    return "\n\n".join(table for table in tables if table)


def _table(title: str, head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


# --- The rows -------------------------------------------------------------------------------------------


def _variables(blocks: list[Block]) -> list[list[str]]:
    return [
        [f"`{block.name}`", _code(_short_type(block)), _default(block), _description(block)]
        for block in blocks
        if block.kind == "variable"
    ]


def _outputs(blocks: list[Block]) -> list[list[str]]:
    return [[f"`{block.name}`", _description(block)] for block in blocks if block.kind == "output"]


def _resources(blocks: list[Block]) -> list[list[str]]:
    kinds = {"resource": "", "data": "data."}
    return [
        [f"`{kinds[block.kind]}{block.name}`", _how_many(block), f"[{block.file}]({block.file})"]
        for block in blocks
        if block.kind in kinds
    ]


def _modules(blocks: list[Block]) -> list[list[str]]:
    calls = [block for block in blocks if block.kind == "module"]
    sources = [hcl.text(block.arguments["source"]) for block in calls]
    return [
        [f"`{block.name}`", _how_many(block), f"[{Path(source).name}]({source})"]
        for block, source in zip(calls, sources, strict=True)
    ]


# --- The cells ------------------------------------------------------------------------------------------


def _description(block: Block) -> str:
    described = hcl.text(block.arguments.get("description", '""'))
    if block.arguments.get("sensitive") == "true":
        described += " Sensitive."
    return _cell(described.replace("\n", "<br>"))


def _short_type(block: Block) -> str:
    """An object's fields are told by its description; here it is only an object."""
    return re.sub(r"object\(\{.*\}\)", "object", _one_line(block.arguments.get("type", "any")))


def _default(block: Block) -> str:
    if "default" not in block.arguments:
        return "required"
    value = _one_line(_comma_separated(block.arguments["default"]))
    return _code(value) if len(value) <= LONGEST_DEFAULT else f"[see]({block.file})"


def _comma_separated(value: str) -> str:
    """Return a value that was written over several lines with a comma after each of its items."""
    first, *items, last = value.splitlines() if "\n" in value else (value, "")
    return f"{first} {', '.join(item.rstrip(',') for item in items)} {last}".strip()


def _how_many(block: Block) -> str:
    if "count" in block.arguments:
        return _code(_one_line(block.arguments["count"]))
    if "for_each" in block.arguments:
        each = _one_line(block.arguments["for_each"])
        return f"one each of {_code(each)}" if len(each) <= LONGEST_DEFAULT else "several"
    return "1"


def _one_line(value: str) -> str:
    return re.sub(r"\s+", " ", value)


def _code(value: str) -> str:
    return f"`{_cell(value)}`"


def _cell(value: str) -> str:
    return value.replace("|", "\\|")
