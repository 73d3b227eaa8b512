"""The house rules, as far as a machine can see them. Each failure names the place and what to do there."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fuzz.cli import COMMANDS
from fuzz.commands.bench import MEASUREMENTS
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.reductions.properties import PROPERTIES
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.reductions import requirements
from specs.reductions.request import MISSING_KINDS, OPTIONS
from specs.reductions.validity import BODY_FIELDS

ROOT = Path(__file__).parent.parent
ROOMS = ("specs", "strategies", "fuzz")
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "fuzz", "pyproject.toml", "specs",
    "strategies", "tests",
}  # fmt: skip
MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 50
MOST_PAGE_LINES = 90
NAMES_THAT_SAY_NOTHING = re.compile(r"(^|_)(utils?|helpers?|core|base|common|misc|stuff|tools?)(_|$)")
CHANGING = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear", "remove", "discard"}
# A script that is copied into findings, and runs where the suite is not installed.
STAND_ALONE = Path("fuzz/subjects/reductions/scripts/standalone.py")
# The rooms and modules that serve all subjects alike.
ENGINE = {"running", "hunt", "triage", "findings", "reports", "events.py", "registry.py", "subject.py"}
# Words of a subject's that mean something everywhere.
WORDS_OF_ALL = {"Put", "Delete", "missing", "offset", "order", "shape", "size"}
MODULE_OF_A_SUBJECT = re.compile(r"\bfuzz\.subjects\.|\b(specs|strategies)\.(reductions|objects)\b")
NO_BEGINNING = {
    "What", "Whatever", "How", "Whether", "Which", "Where", "Why", "Who", "Whose", "When", "All", "Nothing",
    "Everything", "Something", "Anything", "So", "Of", "By", "At", "About", "That", "They",
}  # fmt: skip
ARTICLES = {"The", "A", "An", "One", "Each", "Every", "Both", "Some", "Several", "No"}
PROGRAMS = {"embedded", "reference_server", "zoo"}
BANNER = re.compile(r"^\s*#\s*[-=#*~]{4,}")
MACHINE_PATH = re.compile(r"(?<![\w.:/{}$-])/(root|home|work|Users)/[A-Za-z0-9_.]")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository; without git, every file that does not look like a machine's own."""
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if asked.returncode == 0 and asked.stdout:
        names = [Path(name) for name in asked.stdout.decode().split("\0") if name]
        return tuple(name for name in names if (ROOT / name).is_file())
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    strange = {"__pycache__", "findings", "dist"}
    return tuple(
        path
        for path in found
        if path.parts[0] in TOP_LEVEL and not strange & set(path.parts[:1]) and "__pycache__" not in path.parts
    )


def modules(*rooms: str) -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in rooms]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (one for one in ast.walk(tree(path)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def passes(faults: list[str], advice: str) -> None:
    """Fail with every place at once."""
    assert not faults, advice + "\n" + "\n".join(f"  {fault}" for fault in faults)


def test_modules_are_short() -> None:
    lengths = {path: (ROOT / path).read_text("utf-8").count("\n") for path in modules(*ROOMS, "tests")}
    faults = [f"{path}: {length} lines" for path, length in lengths.items() if length > MOST_MODULE_LINES]
    passes(faults, f"a module has up to {MOST_MODULE_LINES} lines; take one role out into a module of its own:")


def test_functions_are_short() -> None:
    faults = [
        f"{path}:{one.lineno}: {one.name} has {length} lines"
        for path in modules(*ROOMS, "tests")
        for one in functions(path)
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) > MOST_FUNCTION_LINES
    ]
    passes(faults, f"a function has up to {MOST_FUNCTION_LINES} lines; give a step of it a name:")


def test_names_say_something() -> None:
    faults = [str(path) for path in modules(*ROOMS, "tests") if NAMES_THAT_SAY_NOTHING.search(path.stem)]
    passes(faults, "a module is named for what it holds; rename:")


def test_the_environment_is_read_in_config_alone() -> None:
    faults = [
        f"{path}:{node.lineno}"
        for path in modules(*ROOMS)
        if path not in (Path("fuzz/config.py"), STAND_ALONE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
    ]
    passes(faults, "the environment is read in fuzz/config.py, and settings are passed down; take it out of:")


def test_nothing_is_changed_that_a_module_made_at_import() -> None:
    faults = [fault for path in modules(*ROOMS) if path != STAND_ALONE for fault in _changes(path)]
    passes(faults, "a module keeps no state; pass an object on instead:")


def _changes(path: Path) -> Iterator[str]:
    """Where a module-level name is changed, or declared to be by `global`."""
    made = set(_module_names(path))
    for one in functions(path):
        own = {argument.arg for argument in ast.walk(one.args) if isinstance(argument, ast.arg)} | _assigned(one)
        for node in ast.walk(one):
            if isinstance(node, ast.Global):
                yield f"{path}:{node.lineno}: global {', '.join(node.names)}"
            name = _changed_name(node)
            if name in made - own:
                yield f"{path}:{getattr(node, 'lineno', 0)}: {name}"


def _module_names(path: Path) -> Iterator[str]:
    for node in tree(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _assigned(function: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _changed_name(node: ast.AST) -> str:
    """The name whose object a node changes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        holder: ast.AST | None = node.func.value
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        holder = node.value
    else:
        holder = None
    return holder.id if isinstance(holder, ast.Name) else ""


def test_modules_do_nothing_at_import() -> None:
    allowed = (
        ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
        ast.If,
    )  # fmt: skip
    faults = [
        f"{path}:{node.lineno}: {ast.unparse(node)[:60]}"
        for path in modules(*ROOMS)
        if path != STAND_ALONE
        for node in tree(path).body
        if not isinstance(node, allowed) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    passes(faults, "a module defines things, and does nothing; put it into a function:")


def test_docstrings_begin_with_a_sentence() -> None:
    faults = []
    for path in modules(*ROOMS):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            first = (ast.get_docstring(node) or ".").splitlines()[0].rstrip()
            if path != STAND_ALONE and not first.endswith((".", "?", ":", "!")):
                faults.append(f"{path}:{getattr(node, 'lineno', 1)}: {first!r}")
    passes(faults, "the first line of a docstring is a whole sentence, a fact; finish:")


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    faults = [
        f"{path}:{getattr(node, 'lineno', 1)}: {said.splitlines()[0]}"
        for path in modules(*ROOMS)
        for node in ast.walk(tree(path))
        # An animal's docstring is a sentence on what it does.
        if isinstance(node, ast.Module if "zoo" in path.parts else ast.Module | ast.ClassDef | ast.FunctionDef)
        if (said := ast.get_docstring(node))
        if re.findall(r"\w+", said)[0] in NO_BEGINNING or (_returns_something(node) and said.split()[0] in ARTICLES)
    ]
    passes(faults, "say it with a verb (Return the ..., Say whether ..., List ...), or name the thing that a class is:")


def _returns_something(node: ast.AST) -> bool:
    given = node.returns if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
    return given is not None and ast.unparse(given) != "None"


def test_a_class_has_its_name_to_itself() -> None:
    """A subject may have its own form of a class or protocol of the engine, and two subjects may use one word."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in modules(*ROOMS):
        for scope in _scopes(path):
            for node in tree(path).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not _is_a_form(node):
                    found.setdefault((scope, node.name), []).append(f"{path}:{node.lineno}")
    faults = [
        f"{name}: {', '.join(here)}" for (_, name), all_ in found.items() if len(here := [*filter(None, all_)]) > 1
    ]
    passes(sorted(set(faults)), "one name for one thing; rename one of:")


def _is_a_form(node: ast.ClassDef) -> bool:
    """Whether a class is a protocol, or derives from a class of its own name."""
    return bool({ast.unparse(base).rpartition(".")[2] for base in node.bases} & {node.name, "Protocol"})


def _scopes(path: Path) -> Iterator[str]:
    """The subjects for which a module is; servers and scripts are programs of their own, with their own words."""
    if any(part in PROGRAMS for part in path.parts) or path == STAND_ALONE:
        return
    of = [one for one in ("reductions", "objects") if one in path.parts[:-1]]
    yield from of or ("reductions", "objects")


def test_a_test_module_has_its_name_to_itself() -> None:
    """pytest takes two modules of one name for one, but only where both are collected."""
    several = Counter(path.name for path in tracked() if path.match("test_*.py"))
    assert [name for name, times in several.items() if times > 1] == []
    assert len(several) > 100


def test_every_module_says_what_it_is() -> None:
    empty = [path for path in modules(*ROOMS) if not (ROOT / path).read_text("utf-8").strip()]
    faults = [str(path) for path in modules(*ROOMS) if path not in empty and not ast.get_docstring(tree(path))]
    passes(faults, "a module begins with one sentence on its role; add it to:")


def test_every_room_has_a_page_that_names_what_is_there() -> None:
    rooms = [*map(Path, ROOMS), *sorted({one.parent for one in modules("fuzz") if len(one.parts) == 3}), Path("tests")]
    rooms += [Path("fuzz/subjects/reductions"), Path("fuzz/subjects/objects")]
    faults = [f"{room}: no README.md" for room in rooms if room / "README.md" not in tracked()]
    for page in [one for one in tracked() if one.name == "README.md" and one.parent != Path()]:
        text = (ROOT / page).read_text("utf-8")
        if text.count("\n") > MOST_PAGE_LINES:
            faults.append(f"{page}: more than {MOST_PAGE_LINES} lines")
        names = re.findall(r"`([\w/]+\.(?:py|toml))`", text)
        faults += [f"{page}: there is no {name}" for name in names if not any(one.match(name) for one in tracked())]
    passes(faults, "a room has a README of at most a page, which says what is there; mend:")


def test_words_of_the_glossary_name_one_class() -> None:
    text = (ROOT / "fuzz/README.md").read_text("utf-8").split("## Words")[1].split("\n## ")[0]
    rows = re.findall(r"^([\w, ]+) \| [^|]+ \| `([\w/.]+)`$", text, re.MULTILINE)
    assert len(rows) > 15
    faults = []
    for words, path in rows:
        said = (ROOT / path).read_text("utf-8").lower().replace("_", "")
        faults += [
            f"{path} does not speak of {word}" for word in words.split(", ") if word.replace(" ", "") not in said
        ]
    passes(faults, "fuzz/README.md says where a word of the project is at home; mend:")


def test_there_are_no_banners() -> None:
    faults = [
        f"{path}:{number}"
        for path in modules(*ROOMS, "tests")
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1)
        if BANNER.match(line)
    ]
    passes(faults, "comments give reasons; where a banner is wanted, a module is:")


def test_no_file_names_a_place_of_one_machine() -> None:
    faults = []
    for path in tracked():
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        faults += [
            f"{path}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if MACHINE_PATH.search(line)
        ]
    passes(faults, "paths of a machine mean nothing on another; take them out of:")


def test_the_top_level_holds_what_it_is_to_hold() -> None:
    found = {path.parts[0] for path in tracked()}
    passes(sorted(found - TOP_LEVEL), "each thing has a room (see README.md); find one for:")
    passes(sorted(TOP_LEVEL - found), "gone from the top level:")


def test_every_command_is_in_the_table_of_commands() -> None:
    there = {path.stem for path in modules("fuzz") if path.parent == Path("fuzz/commands")} - {"__init__"}
    listed = {name for name, _ in COMMANDS}
    passes(sorted(there - listed), "add to COMMANDS in fuzz/cli.py:")
    passes(sorted(listed - there), "in COMMANDS of fuzz/cli.py, without a module in fuzz/commands:")


@pytest.mark.parametrize("name", [name for name, _ in MEASUREMENTS])
def test_every_measurement_has_its_module(name: str) -> None:
    assert Path(f"fuzz/bench/{name}.py") in tracked(), (
        f"MEASUREMENTS in fuzz/commands/bench.py: no fuzz/bench/{name}.py"
    )


def test_every_requirement_is_checked_by_a_property_and_every_property_checks_some_that_there_are() -> None:
    catalogue = set(requirements.load())
    checked = {name for one in PROPERTIES for name in one.requirements}
    passes(sorted(catalogue - checked), "in requirements.toml, but of no property in properties.py:")
    passes(sorted(checked - catalogue), "of a property in properties.py, but not in requirements.toml:")


def test_the_engine_names_no_field_of_a_subject() -> None:
    # GetObject is also what S3 calls the right to read, in policies.
    steps = {one.__name__ for subject in (REDUCTIONS, OBJECTS) for one in subject.steps} - {"GetObject"}
    names = {*BODY_FIELDS, *OPTIONS, *MISSING_KINDS, *steps} - WORDS_OF_ALL
    assert {"dtype", "byte_order", "selection", "SendRaw", "PutObject"} <= names
    faults = [
        f"{path}:{node.lineno}: {word}"
        for path in modules("fuzz")
        if ENGINE & set(path.parts[1:2])
        for node in ast.walk(tree(path))
        for word in _said(node)
        if word in names
    ]
    passes(faults, "the engine knows no subject; have the subject say it (see fuzz/subject.py):")


def test_the_engine_names_no_module_of_a_subject() -> None:
    faults = [
        f"{path}:{node.lineno}: {node.value}"
        for path in modules("fuzz")
        # The registry names the subjects that come with the suite, and imports the one that is asked for.
        if (ENGINE - {"registry.py"}) & set(path.parts[1:2])
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE_OF_A_SUBJECT.search(node.value)
    ]
    passes(faults, "the engine imports no subject, by name neither; have the registry find it:")


def test_import_contracts_have_no_exceptions() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    faults = [f"{one['id']}: {name}" for one in contracts for name in one if name.startswith("ignore")]
    passes(faults, "a contract holds for all modules; mend the import, not the contract:")


def _said(node: ast.AST) -> list[str]:
    """The names in a piece of code, its texts of one word, and words in lower case of longer texts, sentences apart."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
            return [name]
        case ast.Constant(value=str(text)) if "\n" not in text and not text.endswith("."):
            return [text, *re.findall(r"\b[a-z_]+\b", text)]
    return []


def test_properties_have_names_of_their_own() -> None:
    names = [one.name for one in PROPERTIES]
    assert len(names) == len(set(names)), f"a name is given twice in properties.py: {sorted(names)}"
