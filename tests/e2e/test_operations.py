"""What the people who run nbod see: metrics, health, ports, logs, settings."""

import json
import re
import socket
import time

import data
from harness import LOCALHOST, E2eTest, figure

FAMILIES = {
    "nbo_calls_total": "counter",
    "nbo_call_seconds": "histogram",
    "nbo_answers_total": "counter",
    "nbo_offers_returned_total": "counter",
    "nbo_decision_reads_total": "counter",
    "nbo_decisions_refused_total": "counter",
    "nbo_decisions_in_flight": "gauge",
    "nbo_decisions_waiting": "gauge",
    "nbo_decision_reads_stalled": "gauge",
    "nbo_catalog_publications_total": "counter",
    "nbo_catalog_activations_total": "counter",
    "nbo_receipts_total": "counter",
    "nbo_ingest_group_events": "histogram",
    "nbo_ingest_group_seconds": "histogram",
    "nbo_catalog_version": "gauge",
    "nbo_catalog_offers": "gauge",
    "nbo_switches_paused": "gauge",
    "nbo_ingest_queue_events": "gauge",
    "nbo_ingest_queue_bytes": "gauge",
    "nbo_ingest_streams": "gauge",
    "nbo_store_customers": "gauge",
    "nbo_store_table_bytes": "gauge",
    "nbo_store_wal_bytes": "gauge",
    "nbo_store_memtable_bytes": "gauge",
    "nbo_store_block_cache_bytes": "gauge",
    "nbo_store_block_cache_hits_total": "counter",
    "nbo_store_block_cache_misses_total": "counter",
    "nbo_store_pending_compaction_bytes": "gauge",
    "nbo_store_running_compactions": "gauge",
    "nbo_store_stall_seconds_total": "counter",
    "nbo_store_write_stopped": "gauge",
    "nbo_store_writable": "gauge",
    "nbo_store_background_errors_total": "counter",
}


class OperationsTest(E2eTest):
    def test_the_metrics_page_has_the_promised_families_with_help_and_type(self):
        server = self.nbod(catalog_path=data.CATALOG)
        status, page = server.page("/metrics")
        self.assertEqual(status, 200)
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))
        self.assertEqual({name: types.get(name) for name in FAMILIES}, FAMILIES)
        helps = re.findall(r"^# HELP (\S+) \S", page, re.M)
        self.assertEqual(sorted(helps), sorted(types), "a family without help, or twice")
        for line in page.splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r'^nbo_\w+(\{(\w+="[^"]*",?)*\})? \S+$')

    def test_the_metrics_count_what_happened(self):
        server = self.nbod(catalog_path=data.CATALOG)
        server.nboctl(*data.sample().importing())
        for customer in ("67", "48", "nobody"):
            server.nboctl("offers", "get", "--customer", customer, "--channel", "kiosk")
            server.nboctl("profile", "show", customer)
        metrics = server.metrics()
        for name, value in {
            'nbo_receipts_total{result="accepted"}': 3324,
            'nbo_calls_total{code="ok",method="RecordPurchases"}': 1,
            'nbo_calls_total{code="ok",method="GetOffers"}': 3,
            'nbo_calls_total{code="ok",method="GetProfile"}': 2,
            'nbo_calls_total{code="not_found",method="GetProfile"}': 1,
            'nbo_answers_total{reason="none",tier="full"}': 2,
            'nbo_answers_total{reason="unknown_customer",tier="default"}': 1,
            'nbo_call_seconds_count{channel="KIOSK",method="GetOffers",result="ok"}': 3,
            "nbo_ingest_group_events_sum": 3324,
            "nbo_decisions_in_flight": 0,
            "nbo_decisions_waiting": 0,
            "nbo_decision_reads_stalled": 0,
            "nbo_catalog_offers": 65,
            "nbo_ingest_queue_events": 0,
            "nbo_ingest_queue_bytes": 0,
            "nbo_ingest_streams": 0,
        }.items():
            self.assertEqual(metrics[name], value, name)
        self.assertGreater(metrics["nbo_store_memtable_bytes"] + metrics["nbo_store_table_bytes"], 0)

    def test_no_text_from_outside_becomes_a_label(self):
        server = self.nbod(catalog_path=data.CATALOG)
        before = set(server.metrics())
        for i in range(20):
            where = ["--channel", "web", "--placement", f"p{i}", "--store", f"s{i}"]
            server.nboctl("offers", "get", "--customer", f"c{i}", *where)
        self.assertEqual(set(server.metrics()), before)

    def test_health_and_readiness_pages(self):
        server = self.nbod()
        self.assertEqual(server.page("/healthz"), (200, "alive\n"))
        self.assertEqual(server.page("/readyz"), (200, "ready\n"))
        for path in ("/", "/nothing", "/metrics/more", "/../etc/passwd"):
            self.assertEqual(server.page(path)[0], 404, path)

    def test_the_http_port_survives_garbage(self):
        server = self.nbod()
        long_path = b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n"
        for bytes_sent in (b"\x00\xff\x16\x03\x01" * 100, long_path, b"GET /metrics HTTP/9.9\r\n"):
            with socket.create_connection((LOCALHOST, server.ports["http"]), timeout=10) as connection:
                connection.sendall(bytes_sent)
        with socket.create_connection((LOCALHOST, server.ports["grpc"]), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n" + b"\xff" * 10_000)
        self.assertEqual(server.page("/healthz")[0], 200)
        self.assertEqual(server.nboctl("offers", "get", "--channel", "pos").code, 0)

    def test_the_ports_file_names_ports_that_answer(self):
        server = self.nbod()
        self.assertEqual(sorted(json.loads(server.ports_file.read_text())), ["grpc", "http"])
        for port in server.ports.values():
            self.assertGreater(port, 0)
            socket.create_connection((LOCALHOST, port), timeout=5).close()

    def test_sigterm_is_logged_and_ends_with_code_0(self):
        for flags in ({}, {"log_format": "json"}):
            server = self.nbod(catalog_path=data.CATALOG, **flags)
            begin = time.monotonic()
            self.assertEqual(server.stop(), 0)
            figure(f"SIGTERM of an idle server: {time.monotonic() - begin:.2f} s")
            log = server.log()
            positions = [log.find(word) for word in ("ready: gRPC", "SIGTERM: finishing what is under way", "stopped")]
            self.assertNotIn(-1, positions, log)
            self.assertEqual(positions, sorted(positions))
            self.assertEqual(server.stdout_file.read_text(), "", "logs belong on standard error")

    def test_the_log_names_ports_and_catalog_when_ready(self):
        server = self.nbod(catalog_path=data.CATALOG)
        self.assertRegex(
            server.log(),
            rf"ready: gRPC \S+:{server.ports['grpc']}, HTTP \S+:{server.ports['http']}, .*catalog version 1 with 65",
        )

    def test_a_json_log_has_one_json_object_on_each_line_whatever_is_logged(self):
        catalog = self.write("catalog.yaml", data.CATALOG.read_text())
        server = self.nbod(log_format="json", catalog_path=catalog)
        catalog.write_text('catalog: "quotes\\" and \\\\ "\nsegments:\n  - id: "\\t"\n')
        server.reload()
        self.wait_until(lambda: "version 1 stays" in server.log(), "the refusal is in the log")
        self.assertEqual(server.stop(), 0)
        for line in server.log().splitlines():
            entry = json.loads(line)
            self.assertLessEqual({"time", "level", "message"}, set(entry))

    def test_the_log_level_holds_for_everything(self):
        server = self.nbod(log_level="error")
        server.stop()
        self.assertEqual(server.log() + server.stdout_file.read_text(), "")

    def test_settings_that_cannot_be_are_refused_by_name_before_anything_starts(self):
        for flags, says in (
            ({"grpc_port": 70000}, "grpc"),
            ({"time_zone": "Mars/Olympus"}, "time_zone"),
            ({"log_level": "loud"}, "log"),
            ({"ingest_writers": 0}, "ingest"),
            ({"currency_digits": 99}, "currency"),
            ({"storage_sync": "maybe"}, "storage"),
            ({"stores_file": "/nowhere.csv"}, "stores.file: cannot open /nowhere.csv"),
            ({"catalog_path": "/nowhere.yaml"}, "catalog.path: cannot read /nowhere.yaml"),
            ({"storage_path": "/proc/nbo"}, "/proc/nbo"),
            ({"no_such_flag": 1}, "no-such-flag"),
        ):
            server = self.prepare_nbod(**flags)
            self.assertFalse(server.spawn().wait_ready(), flags)
            self.assertIn(server.process.returncode, (1, 2), flags)
            self.assertIn(says, server.log().lower())
