"""A chain over many time zones: the day of a receipt and today are those of the store."""

import datetime

import wire
from harness import E2eTest
from wire import customer, message, purchase

STORES = "store_id,time_zone\neast,Asia/Vladivostok\nwest,Europe/Kaliningrad\nberlin,Europe/Berlin\n"


def utc(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp())


class StoreZonesTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.stores = self.write("stores.csv", STORES)

    def serve(self):
        self.server = self.nbod(time_zone="Europe/Moscow", stores_file=self.stores)
        self.raw = wire.connect(self, self.server)

    def record(self, who: str, store: str, time: str, **more):
        sent = purchase(who=customer(who), receipt=f"{time}{more}", store=store, seconds=utc(time), **more)
        reply = self.raw.call(wire.RECORD_PURCHASE, message((1, sent)))
        self.assertEqual(reply.code, "ok", reply)

    def profile(self, who: str, store: str, as_of: str) -> dict:
        where = ["--store", store] if store else []
        answer = self.server.nboctl("profile", "show", who, *where, "--as-of", as_of + "Z", "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json

    def recency(self, *args) -> int:
        return self.profile(*args)["recency_days"]

    def week(self, *args) -> int:
        return int(self.profile(*args)["windows"][0]["frequency"])

    def test_one_instant_is_two_days_and_recency_and_windows_follow(self):
        self.serve()
        for who in ("east", "west", "elsewhere"):  # 01:00 of the 15th in Vladivostok, 17:00 of the 14th in Kaliningrad
            self.record(who, who, "2024-06-14T15:00:00")
        late = "2024-06-21T12:00:00"  # the 21st everywhere
        self.assertEqual([self.recency(who, who, late) for who in ("east", "west", "elsewhere")], [6, 7, 7])
        self.assertEqual([self.week(who, who, late) for who in ("east", "west", "elsewhere")], [1, 0, 0])
        # Of one customer, at one instant: today is that of the store which asks.
        late = "2024-06-20T15:00:00"
        self.assertEqual([self.recency("west", store, late) for store in ("east", "west", "")], [7, 6, 6])
        self.assertEqual([self.week("west", store, late) for store in ("east", "west", "")], [0, 1, 1])

    def test_the_offset_of_a_receipt_wins(self):
        self.serve()
        self.record("anna", "east", "2024-06-14T15:00:00", utc_offset=0)
        self.assertEqual(self.recency("anna", "west", "2024-06-14T16:00:00"), 0)
        self.assertEqual(self.recency("anna", "east", "2024-06-14T16:00:00"), 1)

    def test_days_on_which_the_clocks_change_have_23_and_25_hours(self):
        self.serve()
        for who, time in (
            ("spring", "2024-03-30T23:00:00"),
            ("spring", "2024-03-31T21:59:59"),
            ("autumn", "2024-10-26T22:00:00"),
            ("autumn", "2024-10-27T22:59:59"),
        ):
            self.record(who, "berlin", time)
        for who, last, first in (
            ("spring", "2024-04-06T21:59:59", "2024-04-06T22:00:00"),
            ("autumn", "2024-11-02T22:59:59", "2024-11-02T23:00:00"),
        ):
            self.assertEqual((self.recency(who, "berlin", last), self.week(who, "berlin", last)), (6, 2), who)
            self.assertEqual((self.recency(who, "berlin", first), self.week(who, "berlin", first)), (7, 0), who)

    def test_sighup_reads_the_file_whole_or_not_at_all(self):
        self.serve()
        self.assertIn("3 stores have a time zone of their own, 3 zones in all", self.server.log())
        self.record("anna", "new", "2024-06-14T15:00:00")
        now = "2024-06-14T23:00:00"  # the 15th in Moscow
        self.assertEqual(self.recency("anna", "new", now), 1)
        self.stores.write_text(STORES + "new,Europe/London\nwrong,Mars/Olympus\n")
        self.server.reload()
        self.wait_until(lambda: "reload: stores.file" in self.server.log(), "the refusal is in the log")
        self.assertIn(f"{self.stores}:6: store 'wrong': time_zone 'Mars/Olympus' is not known; use an", self.server.log())
        self.assertEqual(self.recency("anna", "new", now), 1, "nothing of a bad file holds")
        self.stores.write_text(STORES + "new,America/New_York\n")
        self.server.reload()
        self.wait_until(lambda: "reload: 4 stores" in self.server.log(), "the new file is in force")
        self.assertEqual(self.recency("anna", "new", now), 0)

    def test_a_bad_file_refuses_to_start(self):
        self.stores.write_text(STORES + "east,Asia/Omsk\n")
        server = self.prepare_nbod(stores_file=self.stores)
        self.assertFalse(server.spawn().wait_ready())
        self.assertEqual(server.process.returncode, 1)
        self.assertIn(f"stores.file: {self.stores}:5: store 'east' is listed twice", server.log())
