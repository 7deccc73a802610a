#!/usr/bin/env python3
"""Measures how nbod takes in receipts, against RocksDB alone. README.md in this folder explains the tables.

Python 3 standard library only. Exit status 0 if everything ran; no figure makes it fail.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import run


class Store:
    """A filled store that is never written to: what runs gets a copy that shares its table files."""

    def __init__(self, args, name, customers, receipts):
        self.path = args.data / name
        self.customers, self.receipts = customers, receipts
        facts = args.data / f"{name}.json"
        if not facts.exists():
            shutil.rmtree(self.path, ignore_errors=True)  # of a run that was cut short
            print(f"filling {name}: {customers:,} customers with {receipts} receipts ...", file=sys.stderr)
            filled = run.run_json([str(args.bin / "nbo_bench_store"), "--path", str(self.path), "--customers",
                                   str(customers), "--receipts", str(receipts), "--seed", str(args.seed), "--compact"])
            facts.write_text(json.dumps(filled))
        self.facts = json.loads(facts.read_text())
        if (self.facts["customers"], self.facts["receipts"]) != (customers, receipts):
            sys.exit(f"{facts} tells of another filling; give another --data")
        self.plan = ["--customers", str(customers), "--filled-receipts", str(receipts), "--end-unix-seconds",
                     str(self.facts["end_unix_seconds"]), "--seed", str(args.seed)]

    def copy(self, target):
        """RocksDB never changes a table file, so those are linked."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for file in self.path.iterdir():
            copy = shutil.copytree if file.is_dir() else os.link if file.suffix == ".sst" else shutil.copy
            copy(file, target / file.name)
        return target


def start_nbod(args, store_path, work_dir, *flags):
    return run.Server("nbod", [str(args.nbod or args.bin / "nbod"), "--grpc-port", "0", "--http-port", "0",
                               "--storage-path", str(store_path), "--ingest-writers", str(args.writers), *flags],
                      work_dir, None)


def metrics(server):
    """The plain numbers of /metrics, by name; labels left out, so those of one name are added up."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.ports['http']}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    numbers = {}
    for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? (\S+)$", text, re.M):
        numbers[name] = numbers.get(name, 0.0) + float(value)
    return numbers


def steal_seconds():
    """Processor time that other guests of the machine took from this one, since it was started."""
    return int(pathlib.Path("/proc/stat").read_text().split(None, 9)[8]) / run.TICKS_PER_SECOND


def ingest_command(args, server, store, streams, *extra):
    return [str(args.bin / "nbo_bench_ingest"), "--server", server.address, "--streams", str(streams), *store.plan,
            *extra]


def ingest_round(args, store, streams, work_dir):
    """All receipts of the plan into a fresh copy of the store, as fast as they are acknowledged."""
    # What is done once a day is not a receipt's cost; a store without scores would begin with it.
    server = start_nbod(args, store.copy(args.data / "copy"), work_dir, "--population-refresh-minutes", "0")
    try:
        before = server.cpu_seconds()
        result = run.run_json(ingest_command(args, server, store, streams, "--receipts", str(args.ingested)))
        result["cpu_us"] = 1e6 * (server.cpu_seconds() - before) / result["accepted"]
        seen = metrics(server)
        result["group"] = seen["nbo_ingest_group_events_sum"] / max(1, seen["nbo_ingest_group_events_count"])
        result["stall_seconds"] = seen["nbo_store_stall_seconds_total"]
        result["rss_mb"] = server.rss_mb()
    finally:
        server.stop()
    print(f"  nbod, {streams} streams: {result['receipts_per_second']:,.0f}/s, cpu {result['cpu_us']:.1f} us, group "
          f"{result['group']:.0f}, client {result['client_cpu_us']:.1f} us", file=sys.stderr)
    return result


def floor_round(args, store, work, group):
    result = run.run_json([str(args.bin / "nbo_bench_floor"), "run", "--path", str(store.copy(args.data / "copy")),
                           "--work", str(work), "--writers", str(args.writers), "--group", str(max(1, round(group)))])
    if result["receipts_found"] or result["states_found"] == 0:
        sys.exit("the floor's store is not the filled one")
    print(f"  floor, groups of {group:.0f}: {result['receipts_per_second']:,.0f}/s, cpu {result['cpu_us']:.1f} us",
          file=sys.stderr)
    return result


def throughput(args, store, work_dir):
    """Rounds of one stream, eight streams, and the floor with the groups of each."""
    print(f"throughput, {store.customers:,} customers", file=sys.stderr)
    work = args.data / "floor.work"
    subprocess.run([str(args.bin / "nbo_bench_floor"), "prepare", "--path", str(store.copy(args.data / "copy")),
                        "--work", str(work), *store.plan, "--receipts", str(args.ingested)], check=True)
    rounds = []
    for number in range(args.rounds):
        result = {}
        for streams in args.streams if number % 2 == 0 else args.streams[::-1]:
            nbod = ingest_round(args, store, streams, work_dir)
            result[streams] = {"nbod": nbod, "floor": floor_round(args, store, work, nbod["group"])}
        rounds.append(result)
    work.unlink()
    return rounds


def spread(values, digits=2):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def throughput_rows(store, rounds):
    lines = []
    for streams in sorted(rounds[0]):
        pairs = [result[streams] for result in rounds]

        def median(who, key):
            return statistics.median(pair[who][key] for pair in pairs)

        lines.append(
            f"| {store.customers:,} | {streams} | {median('nbod', 'receipts_per_second'):,.0f} | "
            f"{median('floor', 'receipts_per_second'):,.0f} | "
            f"**{spread([p['nbod']['receipts_per_second'] / p['floor']['receipts_per_second'] for p in pairs])}** | "
            f"{median('nbod', 'cpu_us'):.1f} | {median('floor', 'cpu_us'):.1f} | "
            f"{spread([p['nbod']['cpu_us'] / p['floor']['cpu_us'] for p in pairs])} | "
            f"{median('nbod', 'client_cpu_us'):.1f} | {median('nbod', 'group'):.0f} | {median('nbod', 'rss_mb'):,.0f} |")
    return lines


def offers_round(args, server, store, rate, seed, first):
    """The latency of GetOffers on a schedule, with `rate` receipts/s beside it or none."""
    seconds = args.seconds + args.warm_up
    load = [str(args.bin / "nbo_bench_load"), "--server", server.address, "--customers", str(store.customers), "--seed",
            str(seed), "--rate", str(args.offer_rate), "--warm-up", str(args.warm_up), "--duration", str(args.seconds)]
    ingest = {}
    beside = None
    if rate:
        # It begins a moment before and ends after the load.
        command = ingest_command(args, server, store, 4, "--rate", str(rate), "--first", str(first), "--receipts",
                                 str(int(rate * (seconds + 3))), "--warm-up", str(args.warm_up))
        beside = threading.Thread(target=lambda: ingest.update(run.run_json(command)))
        beside.start()
        before = metrics(server)["nbo_receipts_total"]
        while metrics(server)["nbo_receipts_total"] < before + rate / 2:
            time.sleep(0.05)
    result = run.run_json(load)
    if beside:
        beside.join()
        result["ack_us"] = ingest["ack_us"]
    failed = sum(result["errors"].values()) + result["unsent"]
    print(f"  GetOffers, {rate:,.0f} receipts/s beside: p50 {result['latency_us']['p50']:.0f} us, p99 "
          f"{result['latency_us']['p99']:.0f} us" + (f", {failed} FAILED" if failed else ""), file=sys.stderr)
    return result


def offers(args, store, work_dir):
    print("GetOffers beside ingest", file=sys.stderr)
    server = start_nbod(args, store.copy(args.data / "copy"), work_dir)
    try:
        run.run_json([str(args.bin / "nbo_bench_fill"), "--server", server.address, "--customers", "0", "--offers",
                      str(args.offers)])
        offers_round(args, server, store, 0, 1, 0)  # warms caches
        rounds = []
        first = 0
        for number in range(args.rounds):
            result = {}
            for rate in (0, args.rate) if number % 2 == 0 else (args.rate, 0):
                result["busy" if rate else "idle"] = offers_round(args, server, store, rate, 100 + number, first)
                first += int(rate * (args.seconds + args.warm_up + 3))
            rounds.append(result)
        return rounds
    finally:
        server.stop()


def offers_table(args, rounds):
    lines = [f"| GetOffers, {args.offer_rate:,.0f}/s on a schedule | idle | {args.rate:,.0f} receipts/s beside | ratio |",
             "|---|---:|---:|---:|"]
    for key in ("p50", "p99", "p999"):
        idle, busy = ([r[name]["latency_us"][key] for r in rounds] for name in ("idle", "busy"))
        lines.append(f"| {key}, us | {statistics.median(idle):,.0f} | {statistics.median(busy):,.0f} | "
                     f"{spread([b / i for i, b in zip(idle, busy)])} |")
    acks = [r["busy"]["ack_us"] for r in rounds]
    lines.append(f"| receipt due to acknowledged, p50 / p99, us | | {statistics.median(a['p50'] for a in acks):,.0f} / "
                 f"{statistics.median(a['p99'] for a in acks):,.0f} | |")
    return lines


def forget_pages(folder):
    """Drops the folder's clean pages from the page cache, as after a restart of the machine."""
    for file in folder.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def seconds_to_ready(args, path, work_dir):
    """From the start of the process to the first yes of /readyz."""
    start = time.monotonic()
    server = start_nbod(args, path, work_dir)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{server.ports['http']}/readyz", timeout=5):
                    return time.monotonic() - start
            except OSError:  # not listening yet, or not ready
                if server.process.poll() is not None or time.monotonic() > start + 120:
                    sys.exit("nbod did not become ready")
                time.sleep(0.005)
    finally:
        server.process.kill()  # leaves the log as it is
        server.process.wait()
        server.log.close()


def restart(args, store, work_dir):
    """Kills nbod in full ingest at different moments, and times its next start."""
    print(f"restart, {store.customers:,} customers", file=sys.stderr)
    results = []
    for number in range(args.rounds):
        path = store.copy(args.data / "copy")
        server = start_nbod(args, path, work_dir)
        client = subprocess.Popen(ingest_command(args, server, store, 4, "--receipts", str(args.ingested)),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = args.ingested * (0.5 + 0.4 * number / max(1, args.rounds - 1))
        while metrics(server)["nbo_receipts_total"] < wanted and client.poll() is None:
            time.sleep(0.02)
        server.process.kill()
        server.process.wait()
        server.log.close()
        client.wait()
        wal = sum(file.stat().st_size for file in path.glob("*.log"))
        twin = args.data / "twin"  # the same crash again, with nothing in the page cache
        shutil.rmtree(twin, ignore_errors=True)
        shutil.copytree(path, twin, copy_function=lambda a, b: (os.link if a.endswith(".sst") else shutil.copy)(a, b))
        warm = seconds_to_ready(args, path, work_dir)
        forget_pages(twin)
        cold = seconds_to_ready(args, twin, work_dir)
        shutil.rmtree(twin)
        print(f"  killed with {wal / 1e6:.0f} MB of log: ready after {warm:.2f} s, cold {cold:.2f} s", file=sys.stderr)
        results.append({"wal_bytes": wal, "warm_seconds": warm, "cold_seconds": cold})
    return results


def restart_line(store, results):
    return (f"Ready after kill -9 in full ingest, {store.customers:,} customers: "
            f"{spread([r['warm_seconds'] for r in results])} s; with nothing in the page cache "
            f"{spread([r['cold_seconds'] for r in results])} s; logs of "
            f"{spread([r['wal_bytes'] / 1e6 for r in results], 0)} MB.")


def size_line(store):
    states = store.facts["families"]["state"]
    receipts = store.facts["families"]["receipts"]
    return (f"Bytes for a customer with {store.receipts} receipts, compacted: {states['bytes'] / states['entries']:.0f} "
            f"on disk (state; value before compression {states['value_bytes'] / states['entries']:.0f}, key "
            f"{states['key_bytes'] / states['entries']:.0f}); receipts apart, "
            f"{receipts['bytes'] / receipts['entries']:.0f} each.")


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=run.ROOT / "build/bin", help="folder of the programs")
    parser.add_argument("--nbod", type=lambda text: pathlib.Path(text).resolve(),
                        help="the nbod to measure; of --bin if missing")
    parser.add_argument("--data", type=pathlib.Path, help="keep the filled stores here, and use those that are there")
    parser.add_argument("--parts", nargs="+", default=["throughput", "offers", "size", "restart"],
                        choices=["throughput", "offers", "size", "restart"])
    parser.add_argument("--customers", type=int, nargs="+", default=[1000000, 10000000])
    parser.add_argument("--filled", type=int, nargs="+", default=[8, 2], help="receipts of each; one for each store")
    parser.add_argument("--ingested", type=int, default=500000, help="receipts of a round")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--writers", type=int, default=2, help="threads of nbod and of the floor that write")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=5000, help="receipts/s beside GetOffers")
    parser.add_argument("--offer-rate", type=float, default=1000, help="GetOffers/s")
    parser.add_argument("--offers", type=int, default=50, help="of the catalog")
    parser.add_argument("--seconds", type=float, default=10, help="of GetOffers measured in each round")
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="write every round to this file")
    args = parser.parse_args()
    if len(args.customers) != len(args.filled):
        parser.error("--filled needs as many values as --customers")
    return args


def measure(args, work_dir):
    stores = [Store(args, f"customers-{customers}", customers, receipts)
              for customers, receipts in sorted(zip(args.customers, args.filled))] \
        if set(args.parts) & {"throughput", "offers", "restart"} else []
    everything, lines = {}, []
    if "throughput" in args.parts:
        lines += ["| customers | streams | nbod, receipts/s | RocksDB alone | ratio (min to max) | nbod CPU, us/receipt | "
                  "RocksDB alone | ratio | client CPU | receipts a write | nbod, MB |",
                  "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
        for store in stores:
            rounds = everything[f"throughput-{store.customers}"] = throughput(args, store, work_dir)
            lines += throughput_rows(store, rounds)
        lines.append("")
    if "offers" in args.parts:
        everything["offers"] = offers(args, stores[0], work_dir)
        lines += offers_table(args, everything["offers"]) + [""]
    if "size" in args.parts:
        size = Store(args, "customers-50-receipts", 100000, 50)
        everything["size"] = size.facts
        lines += [size_line(size), ""]
    if "restart" in args.parts:
        everything["restart"] = restart(args, stores[-1], work_dir)
        lines += [restart_line(stores[-1], everything["restart"]), ""]
    return everything, lines


def main():
    args = parse_args()
    work_dir = pathlib.Path(tempfile.mkdtemp(prefix="nbo_bench_"))
    args.data = args.data or work_dir
    args.data.mkdir(parents=True, exist_ok=True)
    stolen, start = steal_seconds(), time.monotonic()
    try:
        everything, lines = measure(args, work_dir)
        stolen = (steal_seconds() - stolen) / (time.monotonic() - start)
        lines.append(f"{args.rounds} rounds in turn, medians; {args.ingested:,} receipts of three lines a round, customers "
                     f"drawn at random; {os.cpu_count()} cores for server and client; {stolen:.2f} of a core stolen.")
        if args.json:
            args.json.write_text(json.dumps(everything, indent=1))
        print("\n".join(lines))
    finally:
        shutil.rmtree(args.data / "copy", ignore_errors=True)
        shutil.rmtree(work_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
