"""What the Python suites share: each check prints `ok <name>` or `not ok <name>`, then a tab and what it saw or the error, as JSON."""

import json
import sys
import traceback

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 0


def shown(value):
    """A value as JSON can hold it, with its type where JSON has none."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): shown(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)) or type(value).__name__ == "Row":
        return [shown(each) for each in value]
    return repr(value)


def report(name, seen=None):
    print(f"ok {name}\t{json.dumps(shown(seen))}", flush=True)


def check(name, call, *args, **named):
    """Runs a check whose result is what it saw. A failure is reported and the rest goes on."""
    try:
        report(name, call(*args, **named))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok {name}\t{json.dumps(f'{type(error).__name__}: {error} ({where.name}:{where.lineno})')}", flush=True)
