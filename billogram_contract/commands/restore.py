"""Put back what killed runs left changed, from their journals."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from billogram_contract.errors import Outage, SetupError
from billogram_contract.pool import journal, locks
from billogram_contract.pool.journal import Journal, JournalEntry, JournalGone, JournalHeader
from billogram_contract.pool.recovery import is_answering, restore
from billogram_contract.results.verdict import Exit
from billogram_contract.run.settings import settle_time
from billogram_contract.upstream.address import SANDBOX_URL, checked_address
from billogram_contract.upstream.reach import reach

AT_ONCE = 16  # servers asked at a time whether they answer


@dataclass(frozen=True)
class Left:
    """A journal that is there."""

    path: Path
    header: JournalHeader
    entries: Mapping[int, JournalEntry]

    @property
    def changed(self) -> list[int]:
        return sorted(number for number, entry in self.entries.items() if entry.changed)

    @property
    def words(self) -> str:
        numbers = ", ".join(map(str, self.changed)) or "none"
        header = self.header
        return f"{self.path.name}: {header.user} at {header.base_url}, {header.started}, changed: {numbers}"


@dataclass(frozen=True)
class Account:
    """What is restored: journals of a user, at one address or at any; None where nobody said."""

    base_url: str | None
    user: str
    password: str

    def has(self, left: Left) -> bool:
        at = self.base_url is None or locks.is_same_address(self.base_url, left.header.base_url)
        return at and (not self.base_url or left.header.user == self.user)

    def may_have(self, path: Path) -> bool:
        """Whether a journal that cannot be read may be of the account: its name tells host and user."""
        if self.base_url is None:
            return True
        name = JournalHeader(self.base_url, self.user, "", (), (0, 0), 0, "").name
        return path.name.startswith(name.partition("--")[0])


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = "example: billogram-contract restore --list"
    parser.add_argument(
        "--journal-dir", metavar="FOLDER", help="where the journals are (default with the user's other state)"
    )
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="restore the journals of this address and your API user alone (default all)",
    )
    parser.add_argument("--settle", help="seconds for which the list may lag behind a write (default 2)")
    parser.add_argument("--list", action="store_true", help="show what is there, and restore nothing")
    parser.add_argument(
        "--discard", metavar="NAME", help="delete one journal: its customers stay as they are"
    )
    parser.add_argument("--yes", action="store_true", help="discard without a question")


def run(options: argparse.Namespace) -> Exit:
    """Restores; raises SetupError where a setting is wrong."""
    folder = _folder(options.journal_dir or os.environ.get("BILLOGRAM_JOURNAL_DIR"))
    if options.discard is not None:
        return _discard(folder / options.discard, is_sure=options.yes)
    seconds = settle_time(options.settle or os.environ.get("BILLOGRAM_SETTLE") or "2")
    base_url = options.base_url or os.environ.get("BILLOGRAM_BASE_URL")
    account = Account(
        checked_address(base_url) if base_url else None,
        os.environ.get("BILLOGRAM_API_USER", ""),
        os.environ.get("BILLOGRAM_API_PASSWORD", ""),
    )
    all_left, codes = _read(folder, account)
    if options.list:
        for left in all_left:
            print(f"{left.words}{', under way' if Journal.is_kept(left.path) else ''}")
    if options.list or not (all_left or codes):
        where = f" for {account.user} at {base_url}" if base_url else ""
        print(
            "" if all_left else f"Nothing to restore{where}: there is no journal in {folder}.",
            end="\n" * (not all_left),
        )
        return max([Exit.HELD, *codes])
    silent = _silent(all_left, account)
    for left in all_left:
        if left.header.base_url in silent:
            print(f"{left.header.base_url} does not answer: {left.path.name} is left.", file=sys.stderr)
            codes.append(Exit.INCONCLUSIVE)
        else:
            codes.append(_restore_or_tell(left, account, seconds))
    return max(codes)


def _folder(given: str | None) -> Path:
    folder = Path(given).expanduser() if given else journal.default_folder()
    if given and not folder.is_dir():
        raise SetupError(f"--journal-dir {given}: there is no such folder.")
    return folder


def _read(folder: Path, account: Account) -> tuple[list[Left], list[Exit]]:
    """The journals of the account, those of the address that runs use first; what is wrong with others."""
    found, codes = [], []
    for path in journal.found(folder):
        try:
            left = Left(path, *journal.read(path))
        except JournalGone:
            continue
        except SetupError as error:
            if account.may_have(path):
                print(error, file=sys.stderr)
                codes.append(Exit.SETUP)
            continue
        found += [left] if account.has(left) else []
    found.sort(
        key=lambda left: not locks.is_same_address(left.header.base_url, account.base_url or SANDBOX_URL)
    )
    return found, codes


def _silent(all_left: Sequence[Left], account: Account) -> set[str]:
    """The addresses that don't answer, all asked at a time; one alone is asked as a run asks it."""
    ours = [left for left in all_left if left.changed and left.header.user == account.user]
    addresses = list(dict.fromkeys(left.header.base_url for left in ours))
    if len(addresses) < 2:
        return set()

    def answers(base_url: str) -> bool:
        try:
            return is_answering(checked_address(base_url), account.user, account.password)
        except SetupError:
            return True  # told where the journal is restored

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = zip(addresses, threads.map(answers, addresses), strict=True)
        return {address for address, does_answer in found if not does_answer}


def _restore_or_tell(left: Left, account: Account, seconds: float) -> Exit:
    """One journal that cannot be worked through keeps none of the others."""
    try:
        return _restore(left, account, seconds)
    except JournalGone:
        return Exit.HELD
    except (SetupError, Outage) as error:
        print(error, file=sys.stderr)
        return Exit.SETUP if isinstance(error, SetupError) else Exit.INCONCLUSIVE


def _restore(left: Left, account: Account, seconds: float) -> Exit:
    taken = Journal.take(left.path)
    if taken is None:
        header = left.header
        print(
            f"{header.base_url}: a run is under way (pid {header.pid}, since {header.started}): left alone."
        )
        return Exit.SETUP
    try:
        return _put_back(taken, account, seconds)
    finally:
        taken.close()


def _put_back(left: Journal, account: Account, seconds: float) -> Exit:
    address, user = checked_address(left.header.base_url), left.header.user
    if not left.changed:
        print(f"{address}: the run of {left.header.started} left nothing changed.")
        return Exit.HELD
    if account.user != user or not account.password:
        raise SetupError(
            f"{left.path} is of the API user {user} at {address}:"
            " set BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD to that user's, or say --base-url for yours."
        )
    reach(address, lambda line: print(line, file=sys.stderr))
    restored = restore(left, account.password, seconds)
    for problem in restored.problems:
        print(f"NOT PUT BACK: {problem}")
    print(f"{address}: {restored.customers} customers are as the run of {left.header.started} found them.")
    if left.changed:
        print(
            f"Put the rest back by hand; {left.path} has how it was."
            f" Then discard it: python -m billogram_contract restore --discard {left.path.name}"
        )
    return Exit.DRIFT if left.changed else Exit.HELD


def _discard(path: Path, *, is_sure: bool) -> Exit:
    """Deletes a journal after a question."""
    if path.parent / path.name != path or path not in journal.found(path.parent):
        raise SetupError(f"There is no journal {path.name} in {path.parent}: see restore --list.")
    try:
        left = Left(path, *journal.read(path))
        taken = Journal.take(path)
    except SetupError:  # unreadable, or gone meanwhile
        left, taken = None, None
    if left and not taken:
        raise SetupError(f"{path.name} is of a run under way (pid {left.header.pid}): end that first.")
    try:
        print(left.words if left else f"{path.name} cannot be read.")
        if not is_sure and not _is_meant():
            print("Kept.")
            return Exit.SETUP
    finally:
        if taken:
            taken.close()
    path.unlink(missing_ok=True)
    print(f"Discarded {path.name}.")
    return Exit.HELD


def _is_meant() -> bool:
    try:
        return input("Discard it, and leave these customers as they are now? [y/N] ").strip().lower() == "y"
    except EOFError:
        raise SetupError("Nobody answers: give --yes to discard without a question.") from None
