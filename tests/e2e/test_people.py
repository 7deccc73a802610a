"""Merges and links in the middle of an import, and people who want to be forgotten."""

import csv
import ctypes
import ctypes.util
import json
import random
import string

import data
import reference
from harness import E2eTest, Settings, figure

PAIRS = 30
ERASED_PAIRS, ERASED_SINGLES = 8, 8
COLUMNS = ["customer", "card", "receipt", "store", "time", "product", "category", "quantity", "amount"]
MAPPING = [
    "--columns", "customer_id=customer,loyalty_card=card,receipt_id=receipt,store_id=store,product_id=product",
    "--set", "channel=pos", "--quiet", "--format", "json",
]  # fmt: skip
WINDOW = 10  # bytes of an id that are enough to know it
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Sample:
    """The sample with ids of random letters, which nothing else on a disk looks like. Half of the households have a
    card; a third of a card holder's receipts are addressed by it."""

    def __init__(self):
        dataset = data.sample()
        chance = random.Random(Settings.seed)

        def secret(prefix):
            return prefix + "".join(chance.choices(string.ascii_letters + string.digits, k=24))

        self.households = dataset.customers()
        self.customer = {household: secret("c") for household in self.households}
        self.card = {household: secret("k") for household in self.households[::2]}
        self.totals = {}  # by household: [revenue, visits, receipts]
        for household, own in reference.journey_receipts(dataset).items():
            self.totals[household] = [sum(r.revenue for r in own), sum(r.visit for r in own), len(own)]
        categories = dataset.categories()
        self.receipts, self.rows, by_card = {}, {}, {}
        for row in dataset.rows():
            household, basket = row["household_id"], (row["store_id"], row["basket_id"])
            if basket not in self.receipts:
                self.receipts[basket] = secret("r")
                by_card[basket] = household in self.card and chance.random() < 1 / 3
            receipt = self.receipts[basket]
            who = ["", self.card[household]] if by_card[basket] else [self.customer[household], ""]
            category = categories.get(row["product_id"], "")
            line = [receipt, row["store_id"], row["transaction_timestamp"], row["product_id"], category]
            line += [row["quantity"], row["sales_value"]]
            self.rows.setdefault(household, {}).setdefault(receipt, []).append([*who, *line])

    def ids(self, household):
        """All that must be forgotten of a household."""
        card = [self.card[household]] if household in self.card else []
        return [self.customer[household], *card, *self.rows[household]]


class Search:
    """Looks into files for any part of an id, however the store cuts and packs it."""

    def __init__(self, ids):
        self.ids = list(ids)
        self.windows = {}
        for number, one in enumerate(self.ids):
            for at in range(len(one) - WINDOW + 1):
                self.windows[one[at : at + WINDOW].encode()] = number

    def within(self, directory) -> set:
        """The ids of which a part is in a file."""
        found = set()
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                for content in unpacked(path.read_bytes()):
                    for at in range(len(content) - WINDOW + 1):
                        number = self.windows.get(content[at : at + WINDOW])
                        if number is not None:
                            found.add(self.ids[number])
        return found


def unpacked(content: bytes):
    """The bytes of a file, and what its Zstandard frames hold. LZ4, the other packing of the store, leaves the first
    occurrence of random letters as they are."""
    yield content
    name = ctypes.util.find_library("zstd")
    if name is None:
        return
    zstd = ctypes.CDLL(name)
    for function in (zstd.ZSTD_findFrameCompressedSize, zstd.ZSTD_decompress):
        function.restype = ctypes.c_size_t
    room = ctypes.create_string_buffer(1 << 20)
    at = content.find(ZSTD_MAGIC)
    while at >= 0:
        frame = content[at : at + (1 << 20)]
        size = zstd.ZSTD_findFrameCompressedSize(frame, ctypes.c_size_t(len(frame)))
        if not zstd.ZSTD_isError(ctypes.c_size_t(size)):
            plain = zstd.ZSTD_decompress(room, ctypes.c_size_t(len(room)), frame, ctypes.c_size_t(size))
            if not zstd.ZSTD_isError(ctypes.c_size_t(plain)):
                yield room.raw[:plain]
        at = content.find(ZSTD_MAGIC, at + 1)


class PeopleTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.sample = Sample()
        self.pairs = list(zip(self.sample.households[0 : 2 * PAIRS : 2], self.sample.households[1 : 2 * PAIRS : 2]))
        self.singles = self.sample.households[2 * PAIRS :]

    def send(self, server, name, wanted):
        """Imports the receipts for which wanted(number within the household) holds; the counts."""
        path = self.directory / name
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for receipts in self.sample.rows.values():
                for number, rows in enumerate(receipts.values()):
                    if wanted(number):
                        writer.writerows(rows)
        answer = server.nboctl("import", "purchases", path, *MAPPING)
        self.assertEqual(answer.code, 0, answer.stderr)
        return {fate: int(count) for fate, count in answer.json["receipts"].items() if int(count)}

    def run_ok(self, server, *args):
        answer = server.nboctl(*args, "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json

    def merge(self, server, pairs):
        ids = self.sample.customer
        for absorbed, survivor in pairs:
            merged = self.run_ok(server, "customer", "merge", ids[absorbed], ids[survivor])
            self.assertEqual(merged["customer_id"], ids[survivor])

    def link(self, server, households):
        for household in households:
            ref = ["--card", self.sample.card[household], "--customer", self.sample.customer[household]]
            self.run_ok(server, "identity", "link", *ref, "--time", "2017-06-01T00:00:00Z")

    def import_with_merges(self):
        """Some merges and links come before any receipt, some in the middle, some at the end."""
        server, holders = self.nbod(), list(self.sample.card)
        self.merge(server, self.pairs[0::3])
        self.link(server, holders[0::3])
        first = self.send(server, "first.csv", lambda number: number % 2 == 0)
        self.merge(server, self.pairs[1::3])
        self.link(server, holders[1::3])
        second = self.send(server, "second.csv", lambda number: number % 2 == 1)
        self.assertEqual(first["accepted"] + second["accepted"], len(self.sample.receipts))
        self.link(server, holders[2::3])
        self.merge(server, self.pairs[2::3])
        return server

    def expected(self):
        """[revenue, visits] by the id that stays: a survivor's are the sums of both."""
        totals = {self.sample.customer[household]: self.sample.totals[household][:2] for household in self.singles}
        for absorbed, survivor in self.pairs:
            both = zip(self.sample.totals[absorbed][:2], self.sample.totals[survivor][:2])
            totals[self.sample.customer[survivor]] = [sum(one) for one in both]
        return totals

    def totals(self, server, customers):
        found = {}
        for customer, profile in server.profiles(customers).items():
            life = next(window for window in profile["windows"] if window["window_days"] == 0)
            found[customer] = [int(life["revenue_minor"]), int(life["frequency"])]
        return found

    def assert_forgotten(self, server, household):
        who, card = self.sample.customer[household], self.sample.card.get(household)
        for ref in ([who], ["--card", card] if card else [who]):
            for command in (["profile", "show"], ["customer", "export"]):
                if ref[0] != "--card" or command[0] == "customer":
                    self.assertEqual(server.nboctl(*command, *ref).code, 3, "not found")

    def test_merges_and_links_in_the_middle_of_an_import_lose_and_double_nothing(self):
        server = self.import_with_merges()
        expected = self.expected()
        found = self.totals(server, expected)
        self.assertEqual(found, expected)
        whole = [sum(totals[i] for totals in self.sample.totals.values()) for i in (0, 1)]
        self.assertEqual([sum(totals[i] for totals in found.values()) for i in (0, 1)], whole)
        absorbed = [self.sample.customer[household] for household, _ in self.pairs]
        for one in absorbed:
            self.assertIn(self.run_ok(server, "profile", "show", one)["customer_id"], expected)
        for household, card in self.sample.card.items():
            owner = dict(self.pairs).get(household, household)
            exported = json.loads(server.nboctl("customer", "export", "--card", card).stdout)
            self.assertEqual(exported["customer_id"], self.sample.customer[owner])
        count = len(self.sample.receipts)
        self.assertEqual(self.send(server, "again.csv", lambda _: True), {"read": count, "duplicate": count})
        other = self.nbod()  # everything in another order: all receipts, all merges, all links
        self.send(other, "all.csv", lambda _: True)
        self.merge(other, self.pairs)
        self.link(other, self.sample.card)
        self.assertEqual(other.digests(expected), server.digests(expected))
        figure(f"{PAIRS} merges and {len(self.sample.card)} links while {count} receipts came in: all totals kept")

    def test_the_erased_are_gone_from_answers_and_files_and_nobody_else_is(self):
        server = self.import_with_merges()
        pairs, singles = self.pairs[:ERASED_PAIRS], self.singles[:ERASED_SINGLES]
        households = [household for pair in pairs for household in pair] + singles
        ids = [one for household in households for one in self.sample.ids(household)]
        kept = [household for household in self.sample.households if household not in households]
        others = [who for who in self.expected() if who in {self.sample.customer[household] for household in kept}]
        before = server.digests(others)
        receipts = sum(len(self.sample.rows[household]) for household in households)

        erased = 0
        for absorbed, survivor in pairs:  # by the id that was merged, or by the other one
            by = absorbed if len(self.sample.rows[absorbed]) % 2 else survivor
            erased += int(self.run_ok(server, "customer", "erase", self.sample.customer[by], "--yes")["receipts_count"])
        for household in singles:
            card = self.sample.card.get(household)
            ref = ["--card", card] if card else [self.sample.customer[household]]
            erased += int(self.run_ok(server, "customer", "erase", *ref, "--yes")["receipts_count"])
        self.assertEqual(erased, receipts)

        def check_answers():
            for household in households:
                self.assert_forgotten(server, household)
            late, count = self.send(server, "late.csv", lambda _: True), len(self.sample.receipts)
            self.assertEqual(late, {"read": count, "erased": receipts, "duplicate": count - receipts})
            self.assertEqual(server.digests(others), before)

        check_answers()
        search = Search(ids)
        found = search.within(server.directory)
        self.assertEqual(found, set(ids), "before the compaction; else the search is blind")
        self.assertEqual(server.nboctl("compact").code, 0)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(search.within(server.directory), set(), "the erased are in the files")
        still = [one for household in kept for one in self.sample.ids(household)]
        seen = Search(still).within(server.directory)
        if ctypes.util.find_library("zstd"):
            self.assertEqual(len(seen), len(still), "the others are found: the search sees packed blocks")
        server.start()
        check_answers()
        self.assertEqual(search.within(server.directory), set(), "late receipts of the erased were written")
        figure(
            f"erased {len(households)} households: none of their {len(ids)} ids in the files; {len(seen)} of "
            f"{len(still)} ids of the others are"
        )
