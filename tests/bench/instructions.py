#!/usr/bin/env python3
"""Counts the instructions that a GetOffers costs nbod and the echo, with callgrind: free of the machine's noise.

Python 3 standard library and valgrind. Writes callgrind files that callgrind_annotate or kcachegrind reads.
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

import run


def collect(args, name, command, prepare, out_dir):
    """Runs the server under callgrind; returns (instructions per request, profile). prepare(server) is not counted."""
    pattern = out_dir / f"callgrind.{name}"
    valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={pattern}"]
    server = run.Server(name, valgrind + command, out_dir, None)
    try:
        prepare(server)
        control = ["callgrind_control", "-i", "on", str(server.process.pid)]
        subprocess.run(control, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        load = [str(args.bin / "nbo_bench_load"), "--server", server.address, "--concurrency", str(args.concurrency),
                "--connections", "4", "--warm-up", "0", "--duration", str(args.seconds), "--timeout", "60",
                "--customers", str(args.customers), "--seed", str(args.seed)]
        result = run.run_json(load)
        control[2] = "off"
        subprocess.run(control, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        server.stop()
    total = int(re.search(r"^totals: (\d+)", pattern.read_text(errors="replace"), re.M).group(1))
    print(f"{name}: {result['completed']:,} calls, {total / result['completed']:,.0f} instructions each; {pattern}",
          flush=True)
    return total / result["completed"], pattern


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="a store filled by run.py --data")
    parser.add_argument("--bin", type=pathlib.Path, default=run.ROOT / "build/bin")
    parser.add_argument("--nbod", type=lambda text: pathlib.Path(text).resolve(),
                        help="the nbod to measure; of --bin if missing")
    parser.add_argument("--customers", type=int, default=100000)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, help="folder of the profiles; a new one if missing")
    args = parser.parse_args()
    out_dir = args.out or pathlib.Path(tempfile.mkdtemp(prefix="nbo_callgrind_"))
    out_dir.mkdir(parents=True, exist_ok=True)
    answers = out_dir / "answers.bin"

    def warm(server, *extra):
        run.run_json([str(args.bin / "nbo_bench_load"), "--server", server.address, "--warm-up", "0", "--duration", "8",
                      "--timeout", "60", "--customers", str(args.customers), *extra])

    nbod = [str(args.nbod or args.bin / "nbod"), "--grpc-port", "0", "--http-port", "0",
            "--storage-path", str(args.data)]
    nbod_cost, _ = collect(args, "nbod", nbod, lambda server: warm(server, "--capture", str(answers)), out_dir)
    echo = [str(args.bin / "nbo_bench_echo"), "--payload", str(answers)]
    echo_cost, _ = collect(args, "echo", echo, warm, out_dir)
    print(f"nbod / echo: {nbod_cost / echo_cost:.2f}; nbod adds {nbod_cost - echo_cost:,.0f} instructions")


if __name__ == "__main__":
    main()
