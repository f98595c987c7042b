"""psql's tab completion, as a terminal shows it. Arguments: port, user, database. Each line of completion.txt is typed with a tab behind it."""

import os
import pathlib
import pty
import re
import select
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from report import report  # noqa: E402

INPUTRC = """set bell-style none
set enable-bracketed-paste off
set page-completions off
set completion-query-items -1
set completion-display-width 0
set show-all-if-ambiguous on
set colored-stats off
"""
WAIT_SECONDS = 60


class Terminal:
    def __init__(self, port, user, database):
        inputrc = tempfile.NamedTemporaryFile("w", suffix=".inputrc")
        inputrc.write(INPUTRC)
        inputrc.flush()
        self.inputrc = inputrc
        pid, self.fd = pty.fork()
        if pid == 0:
            more = {"TERM": "dumb", "INPUTRC": inputrc.name, "COLUMNS": "400", "LINES": "50", "PSQL_HISTORY": os.devnull}
            connection = f"host=127.0.0.1 port={port} user={user} dbname={database}"
            os.execvpe("psql", ["psql", "-X", "-v", "PROMPT1=> ", "-v", "PROMPT2=> ", connection], {**os.environ, **more})
        self.seen = ""

    def until(self, pattern):
        """What comes up to the end of the pattern."""
        while True:
            found = re.search(pattern, self.seen)
            if found:
                text, self.seen = self.seen[: found.end()], self.seen[found.end() :]
                return text
            if not select.select([self.fd], [], [], WAIT_SECONDS)[0]:
                raise TimeoutError(repr(self.seen))
            self.seen += os.read(self.fd, 65536).decode()

    def send(self, text):
        os.write(self.fd, text.encode())


def main():
    port, user, database = sys.argv[1:4]
    terminal = Terminal(port, user, database)
    terminal.until(r"> $")
    for number, line in enumerate((HERE / "completion.txt").read_text().splitlines()):
        # A mark behind what is there after the tab; then the line is dropped, and another tells that all has been shown.
        terminal.send(f"{line}\t\x05{mark(number)}\x15\\echo end-{number}-\n")
        report(line, words(terminal.until(rf"\nend-{number}-\r\n> $"), mark(number)))


def mark(number):
    return f" --{number};"


def words(text, end):
    """What was shown up to the mark: a list of candidates, or the line with the only one; without how a terminal draws it."""
    shown = text.split(end)[0].split("\r\n")
    plain = [re.sub(r".*\r", "", each).replace("\x08", "").strip() for each in shown]
    return [word for each in plain for word in re.split(r"\s{2,}", each) if word]


main()
