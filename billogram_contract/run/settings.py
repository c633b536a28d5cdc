"""The settings of a run: an option wins over its environment variable, that over the settings file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from billogram_contract.checking.finding import DIRECTIONS, Direction
from billogram_contract.errors import SetupError, did_you_mean
from billogram_contract.places import CASSETTES, DEVIATIONS
from billogram_contract.run.settings_file import SettingsFile
from billogram_contract.upstream.address import SANDBOX_URL, checked_address
from billogram_contract.upstream.rate_limit import Limits
from billogram_contract.upstream.target import Kind

TARGETS: tuple[Kind, ...] = ("embedded", "live", "cassettes")
MOST_CUSTOMERS = 1000
MOST_NUMBERS = 10_000
FULL_CUSTOMERS = 7  # a process needs so many to make every check
MOST_REQUESTS_A_SECOND = 1000
REPORT_DIR = "report"
LONGEST_SHOWN = 200  # characters of a text that is wrong
PROFILES = ("quick", "ci", "deep")  # of Hypothesis, the default first
ON, OFF = ("true", "yes", "1"), ("false", "no", "0")

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True)
class Settings:
    """What a run was told. `settle` is in seconds; `customers` and `numbers` are customer numbers.

    `report_dir` is None where no report is wanted.
    """

    target: Kind = "embedded"
    base_url: str = SANDBOX_URL
    user: str = ""
    password: str = field(default="", repr=False)
    customers: tuple[int, ...] = ()
    numbers: range = range(0)
    fail_on: Direction = "additive"
    require_complete: bool = False
    settle: float = 0.0
    baseline: Path | None = None
    report_dir: Path | None = None
    deviations: Path = DEVIATIONS
    drifts: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    cassettes: Path = CASSETTES
    is_recording: bool = False
    max_age: float | None = None  # days
    journal_dir: Path | None = None
    limits: Limits = field(default_factory=Limits)
    profile: str = PROFILES[0]


@dataclass(frozen=True)
class Given:
    """What was given where: options of a run, the environment, a settings file."""

    options: Mapping[str, Any]
    environment: Mapping[str, str]
    file: SettingsFile

    def text(self, name: str) -> str | None:
        """The text in force for a setting (`base_url`), None where nobody gave one."""
        return self.found(name)[0]

    def found(self, name: str) -> tuple[str | None, str]:
        """The text in force, and where it comes from."""
        variable = f"BILLOGRAM_{name.upper()}"
        if (option := self.options.get(name)) is not None:
            return str(option), "option"
        if text := self.environment.get(variable):
            return text, variable
        if name in self.file.values:
            return self.file.values[name], self.file.name
        return None, "default"


def read(
    options: Mapping[str, Any],
    environment: Mapping[str, str] = os.environ,
    file: SettingsFile | None = None,
) -> Settings:
    """The settings from options, environment and file; raises SetupError where one is wrong."""
    given = Given(options, environment, file or SettingsFile())
    value = given.text
    target = _kind(given)
    live = target == "live"
    base_url, baseline, report_dir = value("base_url"), value("baseline"), value("report_dir")
    settings = Settings(
        target=target,
        base_url=checked_address(base_url or SANDBOX_URL) if live else "",
        user=environment.get("BILLOGRAM_API_USER", ""),
        password=environment.get("BILLOGRAM_API_PASSWORD", ""),
        customers=_customers(value("customers") or "") if live else (),
        numbers=_numbers(value("numbers") or "") if live else range(0),
        fail_on=one_of("--fail-on", value("fail_on") or DIRECTIONS[0], DIRECTIONS),
        require_complete=_is_on("--require-complete", value("require_complete")),
        settle=settle_time(value("settle") or ("2" if live else "0")),
        baseline=Path(baseline) if baseline else None,
        report_dir=None if report_dir == "" else Path(report_dir or REPORT_DIR),
        deviations=deviations_file(value("deviations")),
        drifts=tuple(options.get("drift") or ()),
        variants=tuple(options.get("variant") or ()),
        cassettes=Path(value("cassettes") or CASSETTES),
        is_recording=_is_recording(options.get("record_mode")),
        max_age=days(value("max_age")),
        journal_dir=_folder(value("journal_dir")),
        limits=_limits(value),
        profile=one_of("--hypothesis-profile", value("hypothesis_profile") or PROFILES[0], PROFILES),
    )
    _fit(settings)
    return settings


def _kind(given: Given) -> Kind:
    """The kind of target; raises SetupError where an option doesn't go with it."""
    text = given.text("target") or ("live" if given.text("base_url") else "embedded")
    target = one_of("--target", text, TARGETS)
    if given.options.get("max_age") is not None and target != "cassettes":
        raise SetupError(f"--max-age goes with --target cassettes, not with {target}.")
    if given.options.get("base_url") and target != "live":
        raise SetupError(f"--base-url goes with --target live, not with {target}.")
    return target


def shown(text: str) -> str:
    """A text as it was given, where it can be shown on a line."""
    return text if text.isprintable() and len(text) < LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]!r}"


def one_of(option: str, text: str, known: Sequence[Word]) -> Word:
    """The word that was given; raises SetupError, naming the closest, where it is none of the known ones."""
    for word in known:
        if word == text:
            return word
    choice = ", ".join(known)
    raise SetupError(f"{option} {text!r} is not known: choose {choice}.{did_you_mean(text, known)}")


def _fit(settings: Settings) -> None:
    """Raises SetupError where settings don't go together."""
    if settings.target == "live" and not (settings.user and settings.password):
        raise SetupError("A live run needs BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD in the environment.")
    if settings.target != "embedded" and (settings.drifts or settings.variants):
        raise SetupError("--drift and --variant are for the embedded sandbox alone.")
    if settings.target == "cassettes" and settings.is_recording:
        raise SetupError("--record-mode is for the embedded sandbox or a live target, not for cassettes.")
    both = [number for number in settings.customers if number in settings.numbers]
    if both:
        raise SetupError(
            f"Customer {both[0]} is allotted and in the range of --numbers: the range must be free."
        )


def _customers(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in filter(None, text.replace(" ", "").split(",")):
        span = _span(part, "--customers", "9001-9012,9020")
        if len(span) > MOST_CUSTOMERS:
            raise SetupError(f"--customers {part!r} allots {len(span)} customers: at most {MOST_CUSTOMERS}.")
        numbers += span
    return tuple(dict.fromkeys(numbers))


def _numbers(text: str) -> range:
    numbers = _span(text.replace(" ", ""), "--numbers", "9100-9199") if text.strip() else range(0)
    if numbers.stop - numbers.start > MOST_NUMBERS:
        count = numbers.stop - numbers.start
        raise SetupError(f"--numbers {text!r} is a range of {count} numbers: at most {MOST_NUMBERS}.")
    return numbers


def _span(text: str, option: str, example: str) -> range:
    match = re.fullmatch(r"([1-9][0-9]{0,14})(?:-([1-9][0-9]{0,14}))?", text, re.ASCII)
    if not match:
        raise SetupError(f"{option} {text!r} is no range of customer numbers: write it like {example}.")
    first = int(match[1])
    last = int(match[2] or first)
    if last < first:
        raise SetupError(f"{option} {text!r} ends before it starts.")
    return range(first, last + 1)


def _is_recording(mode: str | None) -> bool:
    if mode not in (None, "none", "rewrite"):
        raise SetupError(f"--record-mode {mode} would mix recordings: give rewrite, all is recorded anew.")
    return mode == "rewrite"


def days(text: str | None) -> float | None:
    """An age in days; raises SetupError where it is none."""
    if text is not None and not re.fullmatch("[0-9]{1,6}", text, re.ASCII):
        raise SetupError(f"--max-age {text!r} is no number of days.")
    return None if text is None else float(text)


def deviations_file(given: str | Path | None) -> Path:
    """The file of accepted findings; raises SetupError where one is named that isn't there."""
    if not given:
        return DEVIATIONS
    path = Path(given)
    if not os.path.exists(path):  # which asks of any text, however odd
        folder = path.parent if os.path.isdir(path.parent) else Path()
        known = sorted(one.name for one in folder.glob("*.toml"))
        meant = did_you_mean(path.name, known, "The command accept writes one.")
        raise SetupError(f"--deviations {shown(str(given))}: there is no such file.{meant}")
    return path


def _is_on(option: str, text: str | None) -> bool:
    """A switch: given as an option, or in words."""
    return text is not None and one_of(option, text.lower(), (*ON, *OFF)) in ON


def _folder(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _limits(value: Callable[[str], str | None]) -> Limits:
    return Limits(
        rate=_rate(value("request_rate")),
        requests=_budget(value("most_requests"), "--most-requests"),
        writes=_budget(value("most_writes"), "--most-writes"),
    )


def _rate(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 < rate <= MOST_REQUESTS_A_SECOND:
        raise SetupError(f"--request-rate {text!r} is no rate: give requests a second, such as 5 or 0.5.")
    return rate


def _budget(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text, re.ASCII):
        raise SetupError(f"{option} {text!r} is no budget: give a whole number.")
    return int(text)


def settle_time(text: str) -> float:
    """A settling time; raises SetupError where it is none."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 60:
        raise SetupError(f"--settle {text!r} is no time: give seconds from 0 to 60.")
    return seconds
