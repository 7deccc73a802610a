"""Starts nbod and nboctl for a test, and ends what it has started."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from typing import Any, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60
LOCALHOST = "127.0.0.1"


class Settings:
    """Set by run.py before any test runs."""

    bin_dir = pathlib.Path(os.environ.get("NBO_BIN", ROOT / "build" / "bin")).resolve()
    seed = int(os.environ.get("NBO_E2E_SEED", "0") or 0) or int(time.time())
    figures: list = []
    soak = bool(os.environ.get("NBO_SOAK"))  # take a minute where seconds do


def figure(text: str) -> None:
    """A number worth reporting; run.py prints all of them at the end."""
    Settings.figures.append(text)


def environment() -> dict:
    """The caller's environment without NBO_*: both binaries take settings from there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NBO_")}


class Answer(NamedTuple):
    """What a run of nboctl left behind."""

    code: int
    stdout: str
    stderr: str
    # With --format json: the object printed; a list of them if there were several lines; else None.
    json: Any

    def objects(self) -> list:
        """One object for each line of --format json."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]


class Nbod:
    """One nbod process at a time on a directory of its own. A restart keeps the directory and the ports."""

    def __init__(self, directory: pathlib.Path, **flags: Any):
        """`flags` are nbod's, with _ for -: catalog_path="x". None leaves a flag out."""
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ports_file = self.directory / "ports.json"
        self.stdout_file = self.directory / "stdout.txt"
        self.log_file = self.directory / "log.txt"
        self.flags = {
            "storage_path": self.directory / "store",
            "grpc_port": 0,
            "http_port": 0,
            "http_address": LOCALHOST,
            "ports_file": self.ports_file,
            "replay_enabled": "true",
            "decisions_segment_mb": 4,  # two files of it are set aside at each start
            "population_refresh_minutes": 0,  # scores change profiles: a test says when
            **flags,
        }
        self.process: Optional[subprocess.Popen] = None
        self.ports: dict = {}

    @property
    def address(self) -> str:
        return f"{LOCALHOST}:{self.ports['grpc']}"

    def command(self) -> list:
        command = [str(Settings.bin_dir / "nbod")]
        for name, value in self.flags.items():
            if value is not None:
                command += ["--" + name.replace("_", "-"), str(value)]
        return command

    def start(self) -> "Nbod":
        """Starts and waits until it is ready; AssertionError with the log if it ends before."""
        if not self.spawn().wait_ready():
            raise AssertionError(f"nbod ended with {self.process.returncode}:\n{self.log()}")
        return self

    def spawn(self) -> "Nbod":
        """Starts without waiting."""
        assert self.process is None or self.process.poll() is not None, "already running"
        self.ports_file.unlink(missing_ok=True)
        if self.ports:  # a restart: clients know the ports
            self.flags.update(grpc_port=self.ports["grpc"], http_port=self.ports["http"])
        with open(self.stdout_file, "ab") as out, open(self.log_file, "ab") as err:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment(), cwd=self.directory
            )
        return self

    def wait_ready(self) -> bool:
        """False if the process ended instead."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.ports_file.exists():
            if self.process.poll() is not None:
                return False
            if time.monotonic() > deadline:
                raise AssertionError(f"nbod is not ready after {START_TIMEOUT_SECONDS} s:\n{self.log()}")
            time.sleep(0.01)
        self.ports = json.loads(self.ports_file.read_text())
        return True

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill9(self) -> None:
        """Ends it as a loss of the process does. Harmless if it is not running."""
        if self.alive():
            os.kill(self.process.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        os.kill(self.process.pid, signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_SECONDS)

    def reload(self) -> None:
        """SIGHUP; returns at once."""
        os.kill(self.process.pid, signal.SIGHUP)

    def log(self) -> str:
        """Everything written to standard error so far, over all starts."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def page(self, path: str) -> tuple:
        """(status, body) of an HTTP page."""
        try:
            with urllib.request.urlopen(f"http://{LOCALHOST}:{self.ports['http']}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self) -> dict:
        """The metrics page: 'name{label="value",...}' (labels sorted) -> number."""
        values = {}
        for line in self.page("/metrics")[1].splitlines():
            if not line or line.startswith("#"):
                continue
            name, value = line.rsplit(" ", 1)
            base, _, labels = name.partition("{")
            parts = sorted(re.findall(r'\w+="[^"]*"', labels))
            values[base + ("{" + ",".join(parts) + "}" if parts else "")] = float(value)
        return values

    def metric(self, name: str) -> float:
        return self.metrics().get(name, 0.0)

    def ctl_command(self, *args: Any) -> list:
        return [str(Settings.bin_dir / "nboctl"), *map(str, args), "--server", self.address]

    def nboctl(self, *args: Any, stdin: Optional[bytes] = None, timeout: float = 300) -> Answer:
        """Runs nboctl against this server. JSON is parsed if --format json was asked for."""
        done = subprocess.run(
            self.ctl_command(*args),
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            env=environment(),
        )
        return to_answer(done.returncode, done.stdout, done.stderr, "json" in map(str, args))

    def spawn_nboctl(self, *args: Any) -> subprocess.Popen:
        """nboctl in the background; finish it with `finish`."""
        return subprocess.Popen(
            self.ctl_command(*args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )

    def profiles(self, customer_ids, *args: Any) -> dict:
        """Profiles of many customers by id; AssertionError if one is not known."""
        found = {}
        customer_ids = list(customer_ids)
        for begin in range(0, len(customer_ids), 500):
            batch = customer_ids[begin : begin + 500]
            answer = self.nboctl("profile", "show", *batch, *args, "--format", "json")
            assert answer.code == 0, answer.stderr
            found.update({profile["customer_id"]: profile for profile in answer.objects()})
        return found

    def digests(self, customer_ids) -> dict:
        """State digest of each customer; None for one that is not known."""
        found = {customer_id: None for customer_id in customer_ids}
        ids = list(found)
        for begin in range(0, len(ids), 500):
            answer = self.nboctl("profile", "show", *ids[begin : begin + 500], "--format", "json")
            assert answer.code in (0, 3), answer.stderr
            found.update({profile["customer_id"]: profile["state_digest"] for profile in answer.objects()})
        return found


def to_answer(code: int, stdout: bytes, stderr: bytes, as_json: bool) -> Answer:
    text = stdout.decode(errors="strict" if as_json else "replace")
    parsed = None
    if as_json and text.strip():
        parsed = [json.loads(line) for line in text.splitlines() if line.strip()]
        parsed = parsed[0] if len(parsed) == 1 else parsed
    return Answer(code, text, stderr.decode(errors="replace"), parsed)


def finish(process: subprocess.Popen, timeout: float = 300) -> Answer:
    """Waits for nboctl started by spawn_nboctl (with --format json)."""
    stdout, stderr = process.communicate(timeout=timeout)
    return to_answer(process.returncode, stdout, stderr, True)


class E2eTest(unittest.TestCase):
    """A test with a temporary directory of its own; its servers end with it, however it ends."""

    maxDiff = 4000

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nbo-e2e-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.started = 0

    def nbod(self, **flags: Any) -> Nbod:
        """A started server on a directory of its own."""
        return self.prepare_nbod(**flags).start()

    def prepare_nbod(self, **flags: Any) -> Nbod:
        """The same, not started."""
        self.started += 1
        server = Nbod(self.directory / f"nbod{self.started}", **flags)
        self.addCleanup(server.kill9)
        return server

    def background(self, server: Nbod, *args: Any) -> subprocess.Popen:
        """nboctl in the background, ended with the test if it is still running then."""
        process = server.spawn_nboctl(*args)

        def end():
            if process.poll() is None:
                process.kill()
                process.communicate()

        self.addCleanup(end)
        return process

    def write(self, name: str, content) -> pathlib.Path:
        """A file in the test's directory."""
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def wait_until(self, condition, what: str, seconds: float = 30, pause: float = 0.02):
        """Waits for a true value and returns it."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                self.fail(f"after {seconds} s still not: {what}")
            time.sleep(pause)
