#!/usr/bin/env python3
"""Runs the end-to-end tests: real nbod and nboctl, real files, real signals. Python's standard library only.

    python3 tests/e2e/run.py --bin build/bin [-k WORD]... [--seed N] [-v]

Ends with "N passed, N failed, N skipped"; exit code 1 if a test failed, 2 if there was nothing to run. Tests of raw
bytes need Debian's python3-grpcio and are skipped where it is missing.
"""

import argparse
import pathlib
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import harness  # noqa: E402


class Result(unittest.TestResult):
    """Prints one line for each test."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.begin = 0.0
        self.broken = set()  # ids of tests that failed, also in a sub-test only

    def _say(self, test, word, detail=""):
        seconds = time.monotonic() - self.begin
        print(f"{word:7} {seconds:7.2f} s  {test.id()}{detail}", flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.begin = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._say(test, "ok")

    def _broken(self, test, error):
        self.broken.add(test.id().split(" ")[0])
        self._say(test, "FAILED")
        print(self._exc_info_to_string(error, test), flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._broken(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._broken(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._broken(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say(test, "skipped", f": {reason}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(harness.Settings.bin_dir), help="folder of nbod and nboctl")
    parser.add_argument("-k", action="append", default=[], help="only tests whose name has this word; repeatable")
    parser.add_argument("--seed", type=int, help="of everything random; printed by every run")
    options = parser.parse_args()
    harness.Settings.bin_dir = pathlib.Path(options.bin).resolve()
    if options.seed is not None:
        harness.Settings.seed = options.seed
    for name in ("nbod", "nboctl"):
        if not (harness.Settings.bin_dir / name).exists():
            print(f"run.py: there is no {harness.Settings.bin_dir / name}; give --bin", file=sys.stderr)
            return 2
    # Ends the servers of the test under way, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("run.py: SIGTERM"))
    print(f"seed {harness.Settings.seed} (repeat with --seed {harness.Settings.seed})", flush=True)

    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in options.k] or None
    result = Result()
    begin = time.monotonic()
    suite = loader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE))
    suite.run(result)
    if harness.Settings.figures:
        print("\nFigures:")
        for text in harness.Settings.figures:
            print(f"  {text}")
    failed = len(result.broken)
    print(f"\n{time.monotonic() - begin:.0f} s, seed {harness.Settings.seed}")
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    if failed:
        return 1
    return 0 if result.passed or result.skipped else 2


if __name__ == "__main__":
    sys.exit(main())
