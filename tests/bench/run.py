#!/usr/bin/env python3
"""Compares nbod with an RPC that does nothing else, in turn, on loopback. README.md in this folder explains the table.

Python 3 standard library only. Exit status 0 if everything ran; no figure makes it fail.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Server:
    """A server process of ours, from its start until its port is known and to its end."""

    def __init__(self, name, command, work_dir, pin_cpu):
        self.name = name
        ports_file = work_dir / f"{name}.ports.json"
        ports_file.unlink(missing_ok=True)
        if pin_cpu is not None:
            command = ["taskset", "-c", str(pin_cpu)] + command
        self.log = open(work_dir / f"{name}.log", "wb")
        self.process = subprocess.Popen(command + ["--ports-file", str(ports_file)], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while not ports_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"{name} did not start; see {self.log.name}")
            time.sleep(0.02)
        self.ports = json.loads(ports_file.read_text())
        self.address = f"127.0.0.1:{self.ports['grpc']}"

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def rss_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def run_json(command, pin_cpu=None):
    if pin_cpu is not None:
        command = ["taskset", "-c", str(pin_cpu)] + command
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed ({done.returncode})")
    return json.loads(done.stdout)


def measure(args, server, seed, rate=None, extra=()):
    """One load on one server: what the client saw, and what it cost the server."""
    command = [str(args.bin / "nbo_bench_load"), "--server", server.address, "--customers", str(args.customers),
               "--seed", str(seed), "--duration", str(args.seconds), "--warm-up", str(args.warm_up),
               "--connections", str(args.connections), "--basket-lines", str(args.basket_lines), *extra]
    command += ["--rate", str(rate)] if rate else ["--concurrency", str(args.concurrency)]
    before = server.cpu_seconds()
    result = run_json(command, 1 if args.pin else None)
    result["cpu_us"] = 1e6 * (server.cpu_seconds() - before) / max(1, result["completed"])
    result["rss_mb"] = server.rss_mb()
    failed = sum(result["errors"].values())
    print(f"  {server.name:5} {result['mode']:6} {result['requests_per_second']:9.0f}/s  p50 "
          f"{result['latency_us']['p50']:7.0f} us  p99 {result['latency_us']['p99']:8.0f} us  cpu "
          f"{result['cpu_us']:6.1f} us/request  client {result['client_cpu_us_per_request']:.1f}"
          + (f"  ERRORS {result['errors']}" if failed else "")
          + (f"  UNSENT {result['unsent']}" if result["unsent"] else ""), file=sys.stderr)
    return result


def in_turn(args, servers, rate=None):
    """Rounds of one load on each server; every round changes who goes first. Returns {name: [result of each round]}."""
    results = {server.name: [] for server in servers}
    for number in range(args.rounds):
        for server in servers if number % 2 == 0 else servers[::-1]:
            results[server.name].append(measure(args, server, args.seed * 1000 + number, rate))
    return results


def median(results, *path):
    def value(result):
        for key in path:
            result = result[key]
        return result
    return statistics.median(value(result) for result in results)


def ratio_text(results):
    ratios = [b["cpu_us"] / a["cpu_us"] for a, b in zip(results["echo"], results["nbod"]) if a["cpu_us"] > 0]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else "-"


def report(args, fill, closed, opened, rate):
    lines = [f"{args.customers:,} customers, {args.offers} offers; {args.rounds} rounds of {args.seconds:g} s in turn; "
             f"medians; {args.connections} connections" + ("; pinned" if args.pin else ""), ""]
    if fill:
        lines += [f"Fill: {fill['receipts']:,} receipts in {fill['seconds']:.0f} s, "
                  f"{fill['receipts_per_second']:,.0f} receipts/s", ""]
    lines += ["| | echo | nbod | nbod / echo, median of rounds (min to max) |", "|---|---:|---:|---:|"]

    def row(label, results, digits, *path, ratio=""):
        values = [median(results[name], *path) for name in ("echo", "nbod")]
        lines.append(f"| {label} | {values[0]:,.{digits}f} | {values[1]:,.{digits}f} | {ratio} |")

    row(f"closed loop, {args.concurrency} calls under way: requests/s", closed, 0, "requests_per_second")
    row("closed loop: server CPU, us/request", closed, 1, "cpu_us", ratio=f"**{ratio_text(closed)}**")
    row(f"open loop, {rate:,.0f} requests/s: server CPU, us/request", opened, 1, "cpu_us",
        ratio=f"**{ratio_text(opened)}**")
    for label, key in (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"), ("max", "max")):
        row(f"open loop: {label}, us", opened, 0, "latency_us", key)
    row("open loop: client late by (p99), us", opened, 0, "lateness_us", "p99")
    row("request, bytes", closed, 0, "request_bytes_mean")
    row("response, bytes", closed, 0, "response_bytes_mean")
    row("resident memory, MB", opened, 0, "rss_mb")
    every = [r for results in (closed, opened) for rounds in results.values() for r in rounds]
    failed = sum(sum(r["errors"].values()) for r in every)
    answers = closed["nbod"][0]["answers"]
    lines += ["", f"Answers of nbod: {answers['offers_mean']:.2f} offers each, {answers['full_tier_share']:.0%} of the "
                  f"full tier. Calls: {sum(r['completed'] for r in every):,}, failed: {failed}, not sent: "
                  f"{sum(r['unsent'] for r in every)}."]
    return "\n".join(lines)


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin", help="folder of the programs")
    parser.add_argument("--nbod", type=lambda text: pathlib.Path(text).resolve(),
                        help="the nbod to measure; of --bin if missing")
    parser.add_argument("--customers", type=int, default=100000)
    parser.add_argument("--receipts", type=int, default=20, help="for each customer")
    parser.add_argument("--offers", type=int, default=50)
    parser.add_argument("--basket-lines", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6, help="measured in each round")
    parser.add_argument("--warm-up", type=float, default=1, help="seconds before each")
    parser.add_argument("--concurrency", type=int, default=32, help="calls under way in the closed loop")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float, help="of the open loop; 40%% of the slower server's maximum if missing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=pathlib.Path, help="keep the filled database here, and use it if it is there")
    parser.add_argument("--bare-echo", action="store_true", help="echo without health and reflection services")
    parser.add_argument("--pin", action="store_true", help="servers on CPU 0, clients on CPU 1")
    parser.add_argument("--json", type=pathlib.Path, help="write every round to this file")
    return parser.parse_args()


def fill_store(args, nbod, fresh):
    """Publishes the catalog; fills the store if it is new."""
    command = [str(args.bin / "nbo_bench_fill"), "--server", nbod.address, "--offers", str(args.offers), "--customers",
               str(args.customers if fresh else 0), "--receipts", str(args.receipts), "--seed", str(args.seed)]
    print("filling ..." if fresh else "using the store that is there", file=sys.stderr)
    result = run_json(command)
    return result if fresh else None


def main():
    args = parse_args()
    work_dir = pathlib.Path(tempfile.mkdtemp(prefix="nbo_bench_"))
    store = args.data or work_dir / "store"
    fresh = not store.exists()
    pin_cpu = 0 if args.pin else None
    servers = []
    try:
        nbod = Server("nbod", [str(args.nbod or args.bin / "nbod"), "--grpc-port", "0", "--http-port", "0",
                               "--storage-path", str(store)], work_dir, pin_cpu)
        servers.append(nbod)
        fill = fill_store(args, nbod, fresh)
        payload = work_dir / "answer.bin"
        measure(args, nbod, args.seed, extra=("--capture", str(payload)))  # warms nbod and its cache, too
        echo = Server("echo", [str(args.bin / "nbo_bench_echo"), "--payload", str(payload)]
                      + (["--bare"] if args.bare_echo else []), work_dir, pin_cpu)
        servers.append(echo)
        closed = in_turn(args, [echo, nbod])
        slower = min(median(results, "requests_per_second") for results in closed.values())
        rate = args.rate or max(100.0, round(0.4 * slower, -2))
        opened = in_turn(args, [echo, nbod], rate)
        if args.json:
            args.json.write_text(json.dumps({"fill": fill, "closed": closed, "open": opened}, indent=1))
        print(report(args, fill, closed, opened, rate))
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(work_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
