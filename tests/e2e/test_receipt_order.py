"""The order of arrival does not matter: files turned round, corrections and returns that come too early or late."""

import csv
import random

import data
import reference
import wire
from harness import E2eTest, Settings, figure, finish
from wire import customer, line, message, purchase, returned

STREAMS = 4
ACCEPTED, DUPLICATE, CORRECTED, SUPERSEDED = 1, 2, 3, 4
JUNE_1, JUNE_2, JUNE_9 = 1_496_307_600, 1_496_394_000, 1_496_998_800  # 2017, 9:00 UTC
WHO = customer("anna")


class FileOrderTest(E2eTest):
    def variant(self, dataset, name, header, rows):
        """The data set with other lines."""
        path = self.directory / name
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        return dataset._replace(name=name, transactions=path)

    def check(self, dataset, receipt_column):
        """Forward, backward, and shuffled over several clients at once: equal states."""
        with open(dataset.transactions, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        customers = dataset.customers()

        def states(*parts):
            server = self.nbod()
            clients = [self.background(server, *part.importing()) for part in parts]
            answers = [finish(client) for client in clients]
            for answer in answers:
                self.assertEqual(answer.code, 0, answer.stderr)
            accepted = sum(int(answer.json["receipts"]["accepted"]) for answer in answers)
            found = server.digests(customers)
            self.assertNotIn(None, found.values())
            server.kill9()
            return accepted, found

        forward = states(dataset)
        # All lines in reverse: the receipts come in reverse, and so do the lines of each.
        backward = states(self.variant(dataset, "backward.csv", header, rows[::-1]))
        self.assertEqual(backward, forward)
        # A receipt is one message, so all its lines go to one client; these and their lines are shuffled.
        shuffle = random.Random(Settings.seed)
        shuffle.shuffle(rows)
        column = header.index(receipt_column)
        client = {receipt: shuffle.randrange(STREAMS) for receipt in sorted({row[column] for row in rows})}
        parts = [
            self.variant(dataset, f"part{i}.csv", header, [row for row in rows if client[row[column]] == i])
            for i in range(STREAMS)
        ]
        self.assertEqual(states(*parts), forward)
        figure(
            f"{dataset.name}: {forward[0]} receipts of {len(customers)} customers: equal states forward, backward, and "
            f"shuffled over {STREAMS} clients"
        )

    def test_online_retail_with_its_cancellations_in_any_order(self):
        dataset = data.online_retail(self.directory)
        receipts = reference.retail_receipts(dataset)
        cancelled = sum(1 for own in receipts.values() for receipt in own if receipt.revenue < 0)
        self.assertGreater(cancelled, 3000, "invoices that begin with C")
        self.check(dataset, "InvoiceNo")

    def test_the_sample_in_any_order(self):
        self.check(data.sample(), "basket_id")


class RevisionsTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.nbod()
        self.raw = wire.connect(self, self.server)

    def record(self, *args, **more):
        """Sends a receipt; what became of it."""
        reply = self.raw.call(wire.RECORD_PURCHASE, message((1, purchase(WHO, *args, **more))))
        self.assertEqual(reply.code, "ok", reply.message)
        answer = wire.decode(reply.body)
        self.assertEqual(answer[2], [b"anna"])
        return answer[1][0]

    def crash(self):
        """The server is killed and comes back on its directory."""
        self.server.kill9()
        self.server.start()
        self.raw = wire.connect(self, self.server)

    def week(self, day):
        """(visits, revenue) of the seven days that end with a day of June 2017, and of all time."""
        as_of = f"2017-06-{day:02}T12:00:00Z"
        answer = self.server.nboctl("profile", "show", "anna", "--as-of", as_of, "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        windows = {window["window_days"]: window for window in answer.json["windows"]}
        return [(int(windows[days]["frequency"]), int(windows[days]["revenue_minor"])) for days in (7, 0)]

    def state(self):
        return self.server.digests(["anna"])["anna"]

    def test_a_return_that_comes_before_its_sale_and_a_restart(self):
        back = returned("sale", [line("milk", quantity=-1000, amount=-300)])
        self.assertEqual(self.record("back", seconds=JUNE_9, lines=[], returns=[back]), ACCEPTED)
        self.assertEqual(self.week(9), [(0, -300), (0, -300)], "no sale is known: on its own day")
        self.crash()
        sale = [line("milk", quantity=2000, amount=600), line("bread", amount=250)]
        self.assertEqual(self.record("sale", seconds=JUNE_1, lines=sale), ACCEPTED)
        self.assertEqual((self.week(1), self.week(9)), ([(1, 550)] * 2, [(0, 0), (1, 550)]), "moved to the sale's day")
        late = self.state()
        self.crash()
        self.assertEqual(self.state(), late)
        self.assertEqual(self.record("back", seconds=JUNE_9, lines=[], returns=[back]), DUPLICATE)
        self.assertEqual(self.record("whole", seconds=JUNE_9, lines=[], returns=[returned("sale", whole=1)]), ACCEPTED)
        self.assertEqual(self.week(1), [(0, 0)] * 2)
        in_order = self.nbod()
        self.raw = wire.connect(self, in_order)
        self.record("sale", seconds=JUNE_1, lines=sale)
        self.record("back", seconds=JUNE_9, lines=[], returns=[back])
        self.assertEqual(in_order.digests(["anna"])["anna"], late)

    def test_corrections_and_a_cancellation_around_restarts(self):
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=100)], revision=1), ACCEPTED)
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=9)]), SUPERSEDED)
        self.crash()
        self.assertEqual(self.week(1)[1], (1, 100))
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=9)]), DUPLICATE)
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=70)], revision=5), CORRECTED)
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=100)], revision=1), DUPLICATE)
        self.assertEqual(self.week(1)[1], (1, 70))
        other = message((1, purchase(WHO, "r", seconds=JUNE_1, lines=[line(amount=8)])))
        self.crash()
        self.assertEqual(self.raw.call(wire.RECORD_PURCHASE, other).code, "already_exists", "revision 0 was another")
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[], revision=6, cancelled=1), CORRECTED)
        self.assertEqual(self.week(1)[1], (0, 0))
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[line(amount=3)], revision=2), SUPERSEDED)
        self.crash()
        self.assertEqual(self.week(1)[1], (0, 0))
        self.assertEqual(self.record("r", seconds=JUNE_1, lines=[], revision=6, cancelled=1), DUPLICATE)

    def test_a_rebuild_of_a_good_store_changes_nothing(self):
        dataset = data.sample()
        self.server.nboctl(*dataset.importing())
        back = returned("sale", [line(quantity=-1000, amount=-100)])
        self.record("sale", seconds=JUNE_1, lines=[line(quantity=2000, amount=200)])
        self.record("back", seconds=JUNE_2, lines=[], returns=[back])
        self.record("early", seconds=JUNE_2, lines=[], returns=[returned("never sold", [line(quantity=-1, amount=-1)])])
        self.record("sale", seconds=JUNE_1, lines=[line(quantity=3000, amount=300)], revision=1)
        self.server.nboctl("customer", "merge", "67", "48")
        self.server.nboctl("customer", "erase", "58", "--yes")
        everybody = [*dataset.customers(), "anna"]
        before = self.server.digests(everybody)
        self.assertEqual([who for who, state in before.items() if state is None], ["58", "67"], "erased; merged")
        rebuild = self.server.nboctl("rebuild", "--quiet", "--format", "json")
        self.assertEqual(rebuild.code, 0, rebuild.stderr)
        done = rebuild.json.get("rebuild", rebuild.json)
        counts = {name: int(done.get(name, 0)) for name in ("customers_count", "changed_count", "failed_count")}
        # 150 of the sample less the one merged and the one erased, and anna.
        self.assertEqual(counts, {"customers_count": 149, "changed_count": 0, "failed_count": 0})
        self.assertEqual(self.server.digests(everybody), before)
