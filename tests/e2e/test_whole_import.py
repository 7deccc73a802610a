"""Imports of whole files: every line is accounted for, and doing it again changes nothing."""

from typing import NamedTuple

import data
import reference
import wire
from harness import E2eTest, figure

MAX_LINES_PER_RECEIPT = 1000


class Counted(NamedTuple):
    """What the import must report, counted here."""

    lines: int
    lines_without_customer: int
    receipts: int
    receipts_without_customer: int
    largest_receipt: int


def count(dataset, receipt_key) -> Counted:
    lines = nameless = 0
    receipts, nameless_receipts = {}, set()
    for row in dataset.rows():
        lines += 1
        if row[dataset.customer_column]:
            key = (row[dataset.customer_column], *receipt_key(row))
            receipts[key] = receipts.get(key, 0) + 1
        else:
            nameless += 1
            nameless_receipts.add(receipt_key(row))
    all_receipts = len(receipts) + len(nameless_receipts)
    return Counted(lines, nameless, all_receipts, len(nameless_receipts), max(receipts.values()))


class WholeImportTest(E2eTest):
    def assert_counts(self, counts, **expected):
        """All counts of one kind; what is not named is 0. They add up by themselves then."""
        names = ("read", "accepted", "duplicate", "corrected", "superseded", "erased", "rejected", "skipped", "unanswered")
        self.assertEqual(sorted(counts), sorted(names))
        self.assertEqual({name: int(counts[name]) for name in names}, {**dict.fromkeys(names, 0), **expected})
        self.assertEqual(sum(int(counts[name]) for name in names[1:]), int(counts["read"]))

    def assert_imported(self, answer, counted, fate):
        """Every receipt that names a customer met the same fate, every other line was skipped."""
        self.assertEqual(answer.code, 0, answer.stderr)
        self.assertEqual((answer.json["error"], answer.json["reasons"]), ("", []))
        lines = {"read": counted.lines, "skipped": counted.lines_without_customer}
        lines[fate] = counted.lines - counted.lines_without_customer
        self.assert_counts(answer.json["lines"], **lines)
        receipts = {"read": counted.receipts, "skipped": counted.receipts_without_customer}
        receipts[fate] = counted.receipts - counted.receipts_without_customer
        self.assert_counts(answer.json["receipts"], **receipts)

    def import_twice(self, dataset, counted):
        """Imports, and imports again: all duplicates, no profile changed. Returns the server."""
        self.assertLessEqual(counted.largest_receipt, MAX_LINES_PER_RECEIPT, "a receipt would be refused")
        server = self.nbod()
        first = server.nboctl(*dataset.importing())
        self.assert_imported(first, counted, "accepted")
        seconds = first.json["elapsed_seconds"]
        receipts = first.json["receipts"]["accepted"]
        figure(
            f"import of {dataset.name}: {counted.lines} lines ({counted.lines_without_customer} without customer), "
            f"{receipts} receipts, {seconds:.1f} s, {receipts / seconds:.0f} receipts/s, "
            f"{counted.lines / seconds:.0f} lines/s"
        )
        customers = dataset.customers()
        before = server.digests(customers)
        self.assertNotIn(None, before.values())
        again = server.nboctl(*dataset.importing())
        self.assert_imported(again, counted, "duplicate")
        self.assertEqual(server.digests(customers), before)
        metrics = server.metrics()
        for result in ("accepted", "duplicate"):
            self.assertEqual(metrics[f'nbo_receipts_total{{result="{result}"}}'], receipts)
        return server

    def check_lifetime(self, server, receipts):
        """Revenue and visits of every customer equal exact arithmetic over the file."""
        profiles = server.profiles(receipts)
        self.assertEqual(len(profiles), len(receipts))
        for customer, own in receipts.items():
            life = next(window for window in profiles[customer]["windows"] if window["window_days"] == 0)
            actual = int(life["revenue_minor"]), int(life["frequency"])
            self.assertEqual(actual, (sum(r.revenue for r in own), sum(r.visit for r in own)), f"customer {customer}")
        figure(f"lifetime revenue and visits checked for {len(profiles)} customers")

    def test_every_line_of_the_sample_is_accounted_for_and_a_second_import_changes_nothing(self):
        dataset = data.sample()
        counted = count(dataset, lambda row: (row["store_id"], row["basket_id"]))
        self.assertEqual((counted.lines, counted.receipts), (5201, 3324), "as its README says")
        server = self.import_twice(dataset, counted)
        self.check_lifetime(server, reference.journey_receipts(dataset))

    def test_every_line_of_completejourney_is_accounted_for_and_a_second_import_changes_nothing(self):
        dataset = data.complete_journey(self.directory)
        counted = count(dataset, lambda row: (row["store_id"], row["basket_id"]))
        self.assertEqual((counted.lines, counted.lines_without_customer), (75000, 0), "as its README says")
        server = self.import_twice(dataset, counted)
        self.check_lifetime(server, reference.journey_receipts(dataset))

    def test_every_line_of_online_retail_is_accounted_for_and_a_second_import_changes_nothing(self):
        dataset = data.online_retail(self.directory)
        counted = count(dataset, lambda row: (row["InvoiceNo"],))
        self.assertEqual((counted.lines, counted.lines_without_customer), (541909, 135080), "as its README says")
        server = self.import_twice(dataset, counted)
        receipts = reference.retail_receipts(dataset)
        self.assertEqual(len(receipts), 4372, "as its README says")
        self.check_lifetime(server, receipts)

    def exported(self, raw, customer):
        """Receipt id -> number of lines, of all that is kept of a customer."""
        found, token = {}, b""
        while True:
            request = wire.message((1, wire.customer(customer)), (2, 100), (3, token))
            reply = raw.call(wire.EXPORT_CUSTOMER, request)
            self.assertEqual(reply.code, "ok", reply.message)
            page = wire.decode(reply.body)
            for receipt in page.get(6, []):
                purchase = wire.decode(wire.decode(receipt)[1][0])
                name = purchase[2][0].decode()
                self.assertNotIn(name, found, "exported twice")
                found[name] = len(purchase.get(7, []))
            token = page.get(7, [b""])[0]
            if not token:
                return found

    def test_the_export_has_every_receipt_and_every_line_of_online_retail(self):
        dataset = data.online_retail(self.directory)
        server = self.nbod()
        raw = wire.connect(self, server)
        server.nboctl(*dataset.importing())
        expected = {}
        for row in dataset.rows():
            if row["CustomerID"]:
                receipts = expected.setdefault(row["CustomerID"], {})
                receipts[row["InvoiceNo"]] = receipts.get(row["InvoiceNo"], 0) + 1
        for customer, receipts in expected.items():
            self.assertEqual(self.exported(raw, customer), receipts, f"customer {customer}")
        cancelled = sum(name.startswith("C") for receipts in expected.values() for name in receipts)
        lines = sum(sum(receipts.values()) for receipts in expected.values())
        self.assertEqual(lines, 541909 - 135080)
        figure(
            f"online_retail exported: {sum(map(len, expected.values()))} receipts, {cancelled} of them cancellations, "
            f"{lines} lines of {len(expected)} customers"
        )

    def test_the_sample_within_completejourney_is_duplicate_unmoved_and_refused_moved(self):
        """The sample's 5,201 lines are lines of completejourney too, with the same ids and categories. In one store
        they are duplicates; moved in time they are other receipts under the same ids, and refused."""
        sample, journey = data.sample(), data.complete_journey(self.directory)
        server = self.nbod()
        self.assertEqual(server.nboctl(*sample.importing()).json["lines"]["accepted"], 5201)
        both = server.nboctl(*journey.importing())
        self.assertEqual(both.code, 0, both.stderr)
        self.assert_counts(both.json["lines"], read=75000, accepted=75000 - 5201, duplicate=5201)
        self.assert_counts(both.json["receipts"], read=47243, accepted=47243 - 3324, duplicate=3324)
        digests = server.digests(sample.customers())
        moved = server.nboctl(*sample.importing("--shift-weeks", "1"))
        self.assertEqual(moved.code, 1)
        self.assert_counts(moved.json["lines"], read=5201, rejected=5201)
        self.assertTrue(all("ALREADY_EXISTS" in reason["reason"] for reason in moved.json["reasons"]))
        self.assertEqual(server.digests(sample.customers()), digests)

    def test_a_part_imported_before_is_told_apart_line_by_line(self):
        """Half of the sample first, then all: exact numbers of lines, though runs mix new receipts and old ones."""
        dataset = data.sample()
        text = dataset.transactions.read_text().splitlines(keepends=True)
        baskets = [row["basket_id"] for row in dataset.rows()]
        first = [line for line, basket in zip(text[1:], baskets) if int(basket) % 2]
        part = dataset._replace(transactions=self.write("part.csv", "".join([text[0], *first])))
        server = self.nbod()
        self.assertEqual(server.nboctl(*part.importing()).json["lines"]["accepted"], len(first))
        whole = server.nboctl(*dataset.importing())
        self.assert_counts(whole.json["lines"], read=5201, accepted=5201 - len(first), duplicate=len(first))
        alone = self.nbod()
        alone.nboctl(*dataset.importing())
        customers = dataset.customers()
        self.assertEqual(server.digests(customers), alone.digests(customers))
