"""Bad input, as users type it: each row ends with its code and one line on standard error, and loses nothing.

Every row runs in a process of its own, in a folder of its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billogram_contract.errors import SetupError
from billogram_contract.run import settings, settings_file
from billogram_contract.run.options import OPTIONS

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds for a process to end
ACCOUNT = {"API_USER": "user", "API_PASSWORD": "not-to-be-shown"}
LIVE = {"TARGET": "live", **ACCOUNT}
NEWER = '{"version": 99, "run": {"versions": {"billogram-contract": "9.9.0"}}}'
LEDGERS = {
    "empty.json": "",
    "object.json": "{}",
    "list.json": "[]",
    "newer.json": NEWER,
    "deep.json": "[" * 9999,
}
ACCEPT = "accept x --reason why --until 2099-01-31"


@dataclass(frozen=True)
class Row:
    """What is typed, a part of the line that is told, the exit code, and what stands around."""

    typed: str
    line: str
    code: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)


def rows(
    typed: str,
    *lines: tuple[str, str],
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, str | bytes] | None = None,
) -> list[Row]:
    """Rows that begin with the same words: what is typed after them, and what is told."""
    return [Row(f"{typed} {rest}".strip(), line, 2, environment or {}, files or {}) for rest, line in lines]


def named(name: str, *texts: str, line: str = "") -> list[Row]:
    """Rows of an environment variable that is wrong."""
    option = f"--{name.lower().replace('_', '-')}"
    return [Row("config", f"{option} {line or repr(text)}", 2, {**LIVE, name: text}) for text in texts]


def in_file(*texts: tuple[str | bytes, str], name: str = "billogram-contract.toml") -> list[Row]:
    """Rows of a settings file that is wrong."""
    return [Row("config", line, 2, {}, {name: text}) for text, line in texts]


NO_ADDRESS = "is no address"
PRODUCTION = "is production: the suite never sends anything there."
NO_RANGE = "is no range of customer numbers: write it like "
NO_TIME = "is no time: give seconds from 0 to 60."
NO_RATE = "is no rate: give requests a second, such as 5 or 0.5."
NO_BUDGET = "is no budget: give a whole number."
UNKNOWN = "unrecognized arguments: "
REQUIRED = "the following arguments are required: "
NO_DRIFT = "There is no drift 'nope': serve --list prints all."
NEWER_SUITE = "was written by a newer suite (9.9.0): update this one."

COMMAND_LINE = [
    Row("", REQUIRED + "COMMAND"),
    Row("--nope", REQUIRED + "COMMAND"),
    Row("verfy", "there is no command 'verfy', did you mean verify?"),
    Row("zzz", "there is no command 'zzz' (see billogram-contract --help)"),
    *rows(
        "config",
        ("--nope", UNKNOWN + "--nope"),
        ("more", UNKNOWN + "more"),
        ("--settle", "expected one argument"),
    ),
    *rows("clauses", ("zzz", "No clause begins with 'zzz': the families are auth, "), ("a b", UNKNOWN + "b")),
    *rows("doctor --nope", ("", UNKNOWN + "--nope")),
    *rows("issues --nope", ("", UNKNOWN + "--nope")),
    *rows("history", ("", REQUIRED + "DIR, LEDGER")),
    *rows("gate", ("", REQUIRED + "evidence")),
    *rows("compare", ("", REQUIRED + "old, new"), ("object.json", REQUIRED + "new"), files=LEDGERS),
    *rows("accept", ("", REQUIRED + "finding, --reason, --until"), ("x", REQUIRED + "--reason, --until")),
    *rows("again", ("", REQUIRED + "finding")),
    *rows("examine", ("", REQUIRED + "FILE")),
]

OPTIONS_OF_A_RUN = [
    *rows(
        "config",
        ("--target production", "--target 'production' is not known: choose embedded, live, cassettes."),
        ("--target Live", "Did you mean live?"),
        ("--target embedded --base-url https://x", "--base-url goes with --target live, not with embedded."),
        (
            "--target cassettes --base-url https://x",
            "--base-url goes with --target live, not with cassettes.",
        ),
        ("--base-url nowhere", NO_ADDRESS),
        ("--base-url ftp://x", NO_ADDRESS),
        ("--base-url https://", NO_ADDRESS),
        ("--base-url 'https://[x'", NO_ADDRESS),
        ("--base-url https://x:99999/", NO_ADDRESS),
        ("--base-url 'https://x/?a=1'", NO_ADDRESS),
        ("--base-url 'https://x/#a'", NO_ADDRESS),
        (
            "--base-url https://u:p@x.invalid/api",
            "--base-url holds credentials: put them into the environment instead.",
        ),
        ("--base-url https://billogram.com/api/v2", PRODUCTION),
        ("--base-url https://API.billogram.com./v2", PRODUCTION),
        ("--base-url http://example.com/api", "would send the credentials in clear: use https."),
        (
            "--fail-on everything",
            "--fail-on 'everything' is not known: choose additive, changed, relaxed, breaking.",
        ),
        ("--fail-on Breaking", "Did you mean breaking?"),
        ("--target cassettes --max-age old", "--max-age 'old' is no number of days."),
        ("--target cassettes --max-age -1", "--max-age '-1' is no number of days."),
        ("--hypothesis-profile nonexist", "is not known: choose quick, ci, deep."),
        ("--hypothesis-profile Quick", "Did you mean quick?"),
        ("--deviations typo.toml", "--deviations typo.toml: there is no such file."),
        environment=ACCOUNT,
    ),
    *rows(
        "config --target live",
        ("--customers 9001-", NO_RANGE),
        ("--customers some", NO_RANGE),
        ("--customers 0", NO_RANGE),
        ("--customers -1", NO_RANGE),
        ("--customers '9001;9002'", NO_RANGE),
        ("--customers 9001--9002", NO_RANGE),
        ("--customers ٣", NO_RANGE),
        ("--customers 99999999999999999999", NO_RANGE),
        ("--customers 9002-9001", "ends before it starts."),
        ("--customers 1-1001", "allots 1001 customers: at most 1000."),
        ("--numbers 9101,9102", NO_RANGE),
        ("--numbers x", NO_RANGE),
        ("--numbers 9101-", NO_RANGE),
        ("--numbers 9102-9101", "ends before it starts."),
        ("--numbers 9101-9199999999", "is a range of 9199990899 numbers: at most 10000."),
        (
            "--customers 9001-9003 --numbers 9003-9005",
            "Customer 9003 is allotted and in the range of --numbers",
        ),
        environment=ACCOUNT,
    ),
    Row("config --target live", "A live run needs BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD"),
    Row("config --target live", "A live run needs BILLOGRAM_API_USER", 2, {"API_USER": "user"}),
    *named("TARGET", "prod", "Embedded"),
    *named("BASE_URL", "x", "https://billogram.com"),
    *named("CUSTOMERS", "x", "9001-"),
    *named("NUMBERS", "x", "1-2-3"),
    *named("FAIL_ON", "loud"),
    *named("SETTLE", "soon", "-1", "nan", "inf", "61"),
    *named("REQUEST_RATE", "0", "fast", "nan", "1001", "-5"),
    *named("MOST_REQUESTS", "1.5", "-1", "many"),
    *named("MOST_WRITES", "1e3", "٣"),
    *named("MAX_AGE", "x", "1.5"),
    *named("HYPOTHESIS_PROFILE", "x"),
    *named("REQUIRE_COMPLETE", "maybe", "2"),
    *named("DEVIATIONS", "x.toml", line="x.toml: there is no such file."),
]

SETTINGS_FILES = [
    *in_file(
        ("fail_on = 'breaking'", "'fail_on' in billogram-contract.toml is no setting. Did you mean fail-on?"),
        ("custommers = '9001'", "Did you mean customers?"),
        ("zzz = 1", "is no setting. The keys are target, base-url, "),
        ("[section]\na = 1", "'section' in billogram-contract.toml is no setting."),
        ("drift = 'x'", "'drift' in billogram-contract.toml is no setting."),
        ("api-password = 'x'", "credentials come from BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD alone."),
        ("user = 'x'", "user in billogram-contract.toml: credentials come from"),
        ("settle = true", "settle in billogram-contract.toml is neither a text nor a number."),
        ("customers = [9001]", "customers in billogram-contract.toml is neither a text nor a number."),
        ("report-dir = {a = 1}", "report-dir in billogram-contract.toml is neither a text nor a number."),
        ("settle =", "The settings in billogram-contract.toml cannot be read: "),
        ("= 1", "cannot be read: "),
        ("\x00", "cannot be read: "),
        (b"\xff\xfe", "cannot be read: "),
        ("settle = 'x'", f"--settle 'x' {NO_TIME}"),
        ("target = 'prod'", "--target 'prod' is not known"),
        ("require-complete = 3", "--require-complete '3' is not known"),
        ("max-age = -1", "--max-age '-1' is no number of days."),
    ),
    *in_file(
        ("[tool.billogram-contract]\nfailon = 'x'\n", "'failon' in pyproject.toml is no setting."),
        ("[tool]\nbillogram-contract = 1\n", "[tool.billogram-contract] in pyproject.toml is no table."),
        ("[tool", "The settings in pyproject.toml cannot be read: "),
        name="pyproject.toml",
    ),
    Row(
        "config",
        "in billogram-contract.toml and in [tool.billogram-contract] of pyproject.toml: keep one.",
        files={"billogram-contract.toml": "", "pyproject.toml": "[tool.billogram-contract]\n"},
    ),
]

UNREADABLE = (
    ("none.json", "none.json cannot be read: No such file or directory."),
    ("empty.json", "empty.json is no JSON: "),
    ("object.json", "object.json is none of this suite's: "),
    ("list.json", "list.json is none of this suite's: "),
    ("newer.json", NEWER_SUITE),
    ("deep.json", "deep.json is no JSON: "),
    (".", "The ledger . cannot be read: Is a directory."),
)
FILES = [
    *rows(f"{ACCEPT} --ledger", *UNREADABLE, files=LEDGERS),
    *rows("again x --ledger", *UNREADABLE[:3], files=LEDGERS),
    *rows("compare list.json", ("list.json", "list.json is none of"), files=LEDGERS),
    *rows("compare newer.json", ("newer.json", NEWER_SUITE), files=LEDGERS),
    *rows("compare none.json", ("list.json", "none.json cannot be read"), files=LEDGERS),
    *rows("compare a.json b.json --fail-on", ("x", "--fail-on 'x' is not known")),
    *rows("gate", *UNREADABLE[1:5], files=LEDGERS),
    *rows(
        "gate list.json",
        ("--client pyhton", "Did you mean python?"),
        ("--max-age x", "--max-age 'x' is no number of days."),
        ("--base-url https://billogram.com", PRODUCTION),
        ("--deviations none.toml", "--deviations none.toml: there is no such file."),
        files=LEDGERS,
    ),
    *rows("issues", *UNREADABLE[:3], files=LEDGERS),
    *rows("history folder", *UNREADABLE[:3], files=LEDGERS),
    *rows(
        "accept x",
        ("--reason '' --until 2099-01-31", "--reason is empty: say why the finding is accepted."),
        ("--reason why --until soon", "--until 'soon' is no date: write it like 2027-01-31."),
        ("--reason why --until 2099-13-01", "is no date"),
        ("--reason why --until 2020-01-31", "--until 2020-01-31 is over: give a day to come."),
    ),
    *rows(
        "examine list.json",
        ("--fail-on x", "--fail-on 'x' is not known"),
        ("--host a/b", "--host 'a/b' is no host: write it like api.example.com."),
        ("--host ''", "--host '' is no host"),
        ("--deviations none.toml", "there is no such file."),
        ("--report-dir list.json", "--report-dir list.json cannot be written to: File exists."),
        files=LEDGERS,
    ),
]

RUNS = [
    *rows(
        "verify",
        ("--fail-on loud", "--fail-on 'loud' is not known"),
        ("--target live", "A live run needs BILLOGRAM_API_USER"),
        ("--drift nope", NO_DRIFT),
        ("--drift page-size-101-acepted", "the closest is 'page-size-101-accepted'."),
        ("--variant nope", "There is no variant 'nope'"),
        ("--drift page-size-101-accepted --drift page-size-unlimited", "can't go together: choose one."),
        ("--target cassettes --drift page-size-unlimited", "are for the embedded sandbox alone."),
        ("--report-dir list.json", "--report-dir list.json cannot be written to: File exists."),
        ("--report-dir list.json/x", "--report-dir list.json/x cannot be written to: Not a directory."),
        ("--baseline none.json", "The ledger none.json cannot be read"),
        ("--baseline empty.json", "The ledger empty.json is no JSON"),
        ("--baseline newer.json", NEWER_SUITE),
        ("--customers", "Argument --customers: expected one argument."),
        ("--hypothesis-profile nonexist", "--hypothesis-profile 'nonexist' is not known"),
        ("--record-mode all", "--record-mode all would mix recordings"),
        ("--base-url https://billogram.com/api/v2", PRODUCTION),
        files=LEDGERS,
    ),
    *rows(
        "verify --deviations",
        ("dd.toml", "--deviations dd.toml: there is no such file. Did you mean d.toml?"),
        ("d.toml", "The deviations d.toml have 'deviaton': did you mean [[deviation]]?"),
        ("f.toml", "unknown field `findng`. Did you mean finding?"),
        ("n.toml", "The deviations n.toml are no list: write [[deviation]] before each."),
        ("s.toml", "The deviations s.toml cannot be read: "),
        ("e.toml", "A deviation in e.toml is malformed: "),
        files={
            "d.toml": "[[deviaton]]\n",
            "f.toml": "[[deviation]]\nfindng = 'x'\n",
            "n.toml": "deviation = 1\n",
            "s.toml": "[[deviation]\n",
            "e.toml": "[[deviation]]\n",
        },
    ),
    Row("replay --target live", "--target live doesn't go with this command", environment=ACCOUNT),
    Row("replay --max-age x", "--max-age 'x' is no number of days."),
    Row("replay --record-mode rewrite", "--record-mode is for the embedded sandbox or a live target"),
    Row("record --target cassettes", "--record-mode is for the embedded sandbox or a live target"),
    Row("record --record-mode once", "--record-mode once doesn't go with this command"),
    Row("again x --settle y", f"--settle 'y' {NO_TIME}"),
    Row("again x --report-dir y", "--report-dir y doesn't go with this command"),
]

OTHERS = [
    *rows(
        "doctor",
        ("", "A live run needs BILLOGRAM_API_USER"),
        ("--target embedded", "The doctor is for live targets, not for embedded: give --target live."),
        ("--target cassettes", "The doctor is for live targets, not for cassettes"),
        ("--target x", "--target 'x' is not known"),
    ),
    *rows(
        "restore",
        ("--journal-dir nowhere", "--journal-dir nowhere: there is no such folder."),
        ("--journal-dir list.json", "--journal-dir list.json: there is no such folder."),
        ("--settle x", NO_TIME),
        ("--base-url x", NO_ADDRESS),
        ("--base-url https://billogram.com", PRODUCTION),
        ("--journal-dir . --discard x", "There is no journal x in .: see restore --list."),
        ("--journal-dir . --discard ../x", "There is no journal "),
        ("--journal-dir . --discard ''", "There is no journal "),
        files=LEDGERS,
    ),
    *rows(
        "serve",
        ("--port -1", "--port -1 is no port: give 0 to 65535."),
        ("--port 65536", "is no port"),
        ("--port x", "argument --port: invalid int value: 'x'"),
        ("--others -1", "--others -1 is no number of customers: give 0 to 1,000,000."),
        ("--others 9999999", "is no number of customers"),
        ("--others x", "argument --others: invalid int value: 'x'"),
        ("--port 0 --db .", "--db . cannot be used: unable to open database file."),
        ("--port 0 --db deep.json", "--db deep.json cannot be used: file is not a database."),
        ("--port 0 --db none/x.db", "--db none/x.db cannot be used: unable to open database file."),
        ("--drift nope", NO_DRIFT),
        ("--variant auth-402", "the closest is 'auth-403'."),
        ("--drift page-size-unlimited --drift page-size-unlimited", "is named twice: once is enough."),
        ("--user a:b", "--user 'a:b' has a colon, which HTTP Basic takes for its end."),
        ("--user ''", "--user '' is none: give a text, or leave it out."),
        ("--password ''", "--password '' is none: give a text, or leave it out."),
        ("--db ''", "--db '' is none: give a text, or leave it out."),
        ("more", UNKNOWN + "more"),
        files=LEDGERS,
    ),
]

ROWS = [*COMMAND_LINE, *OPTIONS_OF_A_RUN, *SETTINGS_FILES, *FILES, *RUNS, *OTHERS]


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str


def typed(row: Row, folder: Path, package: Path = ROOT) -> Told:
    """Types a row in a folder, and sees that nothing of it is lost or left."""
    for name, text in row.files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    before = contents(folder)
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("BILLOGRAM_", "PYTEST"))
    }
    given = {f"BILLOGRAM_{name}": value for name, value in row.environment.items()}
    where = {"PYTHONPATH": str(package), "XDG_STATE_HOME": str(folder.with_name("state"))}
    done = subprocess.run(
        [sys.executable, "-m", "billogram_contract", *shlex.split(row.typed)],
        cwd=folder,
        env={**clean, **where, **given},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert contents(folder) == before
    return Told(done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def name_of(row: Row) -> str:
    given = " ".join(f"{name}={value}" for name, value in row.environment.items() if name not in LIVE)
    told = next(iter(row.files.values()), "") if row.typed == "config" else ""
    return f"{given} {row.typed} {told!r}".strip().replace("\x00", "NUL")


def test_table_is_long_enough() -> None:
    assert len(ROWS) >= 120
    assert len({(row.typed, str(row.environment), str(row.files)) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=map(name_of, ROWS))
def test_bad_input_is_refused_in_one_line(row: Row, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    told = typed(row, folder)
    assert told.code == row.code, told
    assert row.line in told.err
    assert len(told.err.splitlines()) == 1, told.err
    assert "Traceback" not in told.out + told.err
    assert ACCOUNT["API_PASSWORD"] not in told.out + told.err


# The suite's own files, as a contributor breaks them


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the command `clauses` reads."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("billogram_contract", "openapi", "tests/contract"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def broken(checkout: Path) -> Iterator[Path]:
    yield checkout
    shutil.copytree(ROOT / "openapi", checkout / "openapi", dirs_exist_ok=True)


CLAUSE = '\n[list.extra]\nstatement = "x"\nsource.list-pages = "x"\nlevel = "must"\n'


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("clauses.toml", None, "clauses.toml cannot be read: "),
        ("clauses.toml", "[list", "clauses.toml cannot be read: "),
        ("clauses.toml", "", "words the rule 'status'."),
        ("clauses.toml", '[list.a]\nstatement = "x"\n', "Clause list.a in "),
        (
            "clauses.toml",
            '[list.a]\nstatment = "x"\n',
            "has the unknown key 'statment' (did you mean 'statement'?)",
        ),
        ("clauses.toml", CLAUSE, "Clause list.extra in "),
        ("sources.md", None, "sources.md cannot be read: "),
        ("sources.md", "", "which is no heading"),
        ("billogram-customer.yaml", None, "billogram-customer.yaml cannot be read: "),
        ("billogram-customer.yaml", "a: [", "billogram-customer.yaml cannot be read: "),
        ("billogram-customer.yaml", "a: b", "is no OpenAPI document: it has no paths."),
        ("billogram-customer.yaml", "paths: {}", "which the description doesn't have."),
        ("billogram-customer.yaml", "paths: 5", "which the description doesn't have."),
    ],
)
def test_broken_file_of_the_suite_is_told_in_one_line(
    broken: Path, tmp_path: Path, name: str, text: str | None, line: str
) -> None:
    path = broken / "openapi" / name
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    told = typed(Row("clauses", line), tmp_path, broken)
    assert (told.code, line in told.err, len(told.err.splitlines())) == (2, True, 1), told


# The reader of settings, whatever it is given


NAMES = [option.name.replace("-", "_") for option in OPTIONS if option.kind == "text"]
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "live",
        "https://x/api",
        "9001-9012",
        "-1",
        "1e999",
        "nan",
        "9" * 30,
        "\x00",
        "\ud800",
        "a\nb",
        "[::1]",
        "%",
    ]
)


@example(given_texts={"base_url": "https://\x00"}, surrounding={})
@example(given_texts={"deviations": "\x00"}, surrounding={})
@example(given_texts={"deviations": "x" * 5000}, surrounding={})
@given(
    given_texts=st.dictionaries(st.sampled_from(NAMES), TEXTS),
    surrounding=st.dictionaries(st.sampled_from([f"BILLOGRAM_{name.upper()}" for name in NAMES]), TEXTS),
)
def test_any_settings_are_taken_or_refused_in_one_line(
    given_texts: dict[str, str], surrounding: dict[str, str]
) -> None:
    account = {f"BILLOGRAM_{name}": value for name, value in ACCOUNT.items()}
    told = ""
    try:
        settings.read(given_texts, {**surrounding, **account})
    except SetupError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1
    assert ACCOUNT["API_PASSWORD"] not in told


KEYS = st.sampled_from([*settings_file.KEYS, "tool", "x", "api-password", "[tool.billogram-contract]", ""])
VALUES = st.sampled_from(
    ["1", "'x'", "true", "[]", "{}", "2020-01-01", "inf", "'\\ud800'", "''' '''", "", "\x00"]
)


@given(
    lines=st.lists(st.tuples(KEYS, VALUES), max_size=4),
    name=st.sampled_from(["billogram-contract", "pyproject"]),
)
def test_any_settings_file_is_taken_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, str]], name: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = "\n".join(f"{key} = {value}" if not key.startswith("[") else key for key, value in lines)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    told = ""
    try:
        settings.read({}, {}, settings_file.find(folder))
    except SetupError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1
