#!/usr/bin/env python3
"""Compares GetOffers over HTTP/JSON with GetOffers over gRPC, in turn, on loopback. README.md explains the table.

h2load (Debian: nghttp2-client) is the client of both: the same decision for the same customer, over as many
connections with as many calls under way. Python 3 standard library only. No figure makes it fail.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import urllib.request

from run import ROOT, Server, run_json

METHOD = "/nbo.v1.DecisionService/GetOffers"


def field(number, value):
    """One field of a protobuf message: a number as a varint, anything else with its length."""
    def varint(n):
        out = bytearray()
        while n > 0x7F:
            out.append(n & 0x7F | 0x80)
            n >>= 7
        return bytes(out + bytes([n]))
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def bodies(customer, lines):
    """The same request as JSON and in binary (decision_service.proto)."""
    basket = [{"productId": f"p{i}", "category": f"category-{i:02}", "quantityMilli": "1000", "amountMinor": "4990"}
              for i in range(1, lines + 1)]
    as_json = {"customer": {"customerId": customer}, "channel": "CHANNEL_KIOSK", "storeId": "store-001",
               "locale": "en", "basketLines": basket}
    binary = field(1, field(1, customer)) + field(2, 2) + field(4, "store-001") + field(7, "en")
    for line in basket:
        binary += field(8, field(1, line["productId"]) + field(2, line["category"])
                        + field(3, int(line["quantityMilli"])) + field(4, int(line["amountMinor"])))
    return json.dumps(as_json, separators=(",", ":")).encode(), binary


def answer(port, content_type, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{METHOD}", body, {"Content-Type": content_type})
    with urllib.request.urlopen(request) as response:
        return response.read()


class Way:
    """A way to ask the same: what h2load is told, besides load and address."""

    def __init__(self, name, body, headers, http1=False):
        self.name, self.body, self.headers, self.http1 = name, body, headers, http1

    def measure(self, args, server, work_dir, calls):
        path = work_dir / "body"
        path.write_bytes(self.body)
        options = ["--h1"] if self.http1 else []
        for header in self.headers:
            options += ["-H", header]
        # Over HTTP/1.1 a connection has one call under way, so it gets as many connections as the others have calls.
        connections, streams = args.connections, max(1, calls // args.connections)
        if self.http1:
            connections, streams = calls, 1
        before = server.cpu_seconds()
        done = subprocess.run(["h2load", "-n", str(args.requests), "-c", str(connections), "-m", str(streams), "-d",
                               str(path), *options, f"http://127.0.0.1:{server.ports['grpc']}{METHOD}"],
                              stdout=subprocess.PIPE, text=True, check=False)
        cpu = server.cpu_seconds() - before
        requests = re.search(r"requests: (\d+) total, .* (\d+) succeeded, (\d+) failed", done.stdout)
        rate = re.search(r"finished in .*, ([0-9.]+) req/s", done.stdout)
        if done.returncode != 0 or not requests or not rate or requests.group(1) != requests.group(2):
            sys.exit(f"{self.name}: not every request succeeded:\n{done.stdout}")
        result = {"rate": float(rate.group(1)), "cpu_us": 1e6 * cpu / args.requests}
        print(f"  {calls:3} under way, {self.name:16} {result['rate']:9.0f}/s  cpu {result['cpu_us']:6.1f} us/request",
              file=sys.stderr)
        return result


def check_answer(port, body):
    """What is measured must be a decision that finds something, first and last."""
    told = json.loads(answer(port, "application/json", body))
    if told.get("tier") != "ANSWER_TIER_FULL" or not told.get("offers"):
        sys.exit(f"no decision to measure: {told}")
    print(f"an answer has {len(told['offers'])} offers", file=sys.stderr)


def ways_of(as_json, binary):
    grpc = ["content-type: application/grpc", "te: trailers"]
    return [Way("gRPC", struct.pack(">BI", 0, len(binary)) + binary, grpc),
            Way("JSON, HTTP/2", as_json, ["content-type: application/json"]),
            Way("JSON, HTTP/1.1", as_json, ["content-type: application/json"], http1=True),
            Way("binary, HTTP/1.1", binary, ["content-type: application/proto"], http1=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin", help="folder of the programs")
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--receipts", type=int, default=20, help="for each customer")
    parser.add_argument("--offers", type=int, default=50)
    parser.add_argument("--customer", default="c0000042", help="who asks")
    parser.add_argument("--basket-lines", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60000, help="in each round")
    parser.add_argument("--connections", type=int, default=4, help="of HTTP/2")
    parser.add_argument("--calls", type=int, nargs="+", default=[4, 32], help="under way at a time")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    work_dir = pathlib.Path(tempfile.mkdtemp(prefix="nbo_bench_"))
    server = None
    try:
        server = Server("nbod", [str(args.bin / "nbod"), "--grpc-port", "0", "--http-port", "0", "--storage-path",
                                 str(work_dir / "store")], work_dir, None)
        run_json([str(args.bin / "nbo_bench_fill"), "--server", server.address, "--offers", str(args.offers),
                  "--customers", str(args.customers), "--receipts", str(args.receipts), "--seed", str(args.seed)])
        as_json, binary = bodies(args.customer, args.basket_lines)
        check_answer(server.ports["grpc"], as_json)
        ways = ways_of(as_json, binary)
        results = {(calls, way.name): [] for calls in args.calls for way in ways}
        for number in range(args.rounds):
            for calls in args.calls:
                for way in ways if number % 2 == 0 else ways[::-1]:
                    results[calls, way.name].append(way.measure(args, server, work_dir, calls))
        check_answer(server.ports["grpc"], as_json)
        print("| calls under way | | requests/s | server CPU, us/request | rate for the CPU, as a part of gRPC's "
              "(min to max) |\n|---:|---|---:|---:|---:|")
        for (calls, name), rounds in results.items():
            parts = [base["cpu_us"] / own["cpu_us"] for base, own in zip(results[calls, "gRPC"], rounds)]
            print(f"| {calls} | {name} | {statistics.median(r['rate'] for r in rounds):,.0f} | "
                  f"{statistics.median(r['cpu_us'] for r in rounds):.1f} | "
                  f"**{statistics.median(parts):.2f}** ({min(parts):.2f} to {max(parts):.2f}) |")
    finally:
        if server:
            server.stop()
        shutil.rmtree(work_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
