"""What people are told, from the request to the log: caps and budgets under many clients, repeated requests, decisions
computed again after a restart and with a newer catalog, and kill -9 between the answer and what becomes of it."""

import collections
import itertools
import random
import threading
import time

import wire
from harness import E2eTest, Settings, figure

POS, APP, WEB, KIOSK = 1, 2, 3, 4
RECORD_OUTCOME = "/nbo.v1.EventService/RecordOutcome"
REDEEMED = 9

HEAD = "catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.value - offer.cost\n"


def offer(offer_id, value="2.0", more=""):
    texts = f"      - {{channel: POS, locale: en, script: {offer_id}}}\n" + "".join(
        f"      - {{channel: {channel}, locale: en, title: {offer_id}, body: b}}\n"
        for channel in ("MOBILE_APP", "WEB", "KIOSK")
    )
    return (
        f"  - id: {offer_id}\n    name: {offer_id}\n    kind: discount\n    value: {value}\n    cost: 0.5\n"
        f"    propensity: 0.1\n{more}    treatments:\n{texts}"
    )


def catalog(policy, *offers):
    return HEAD + policy + "offers:\n" + "".join(offers)


def timestamp(seconds):
    return wire.message((1, int(seconds)))


class DecisionsTest(E2eTest):
    def prepare(self, yaml, customers, **flags):
        server = self.nbod(catalog_path=self.write("catalog.yaml", yaml), **flags)
        channel = wire.connect(self, server)
        for customer in customers:
            raw = wire.message((1, wire.purchase(wire.customer(customer), seconds=int(time.time()) - 3600)))
            self.assertEqual(channel.call(wire.RECORD_PURCHASE, raw).code, "ok")
        return server

    def ask(self, channel, customer, where, request_id="", most=2, in_full=0):
        raw = wire.message((1, wire.customer(customer)), (2, where), (9, most), (10, request_id), (16, in_full))
        return channel.call(wire.GET_OFFERS, raw)

    def entries(self, server):
        answer = server.nboctl("decisions", "export")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.objects()

    def test_caps_and_budgets_hold_exactly_under_64_clients_and_repetitions_are_identical(self):
        seconds = 60 if Settings.soak else 5
        server = self.prepare(
            catalog(
                "contact_policy:\n  caps:\n    - {max: 60, days: 1}\n    - {max: 20, days: 1, channel: POS}\n"
                "    - {max: 15, days: 1, offer: '*'}\n",
                offer("a"),
                offer("b", "3.0", "    budget: {count: 7}\n"),
                *(offer(name) for name in "cdef"),
            ),
            ["anna"],
        )
        wrong, asked, until = [], itertools.count(), time.time() + seconds

        def client(number):
            chance = random.Random(Settings.seed + number)
            for i in itertools.count():
                if time.time() > until:
                    return
                where, name = (POS, APP, WEB, KIOSK)[number % 4], f"r-{number}-{i}"
                first = self.ask(channels[number % 8], "anna", where, name)
                next(asked)
                if first.code != "ok" or (
                    chance.random() < 0.25 and self.ask(channels[number % 8], "anna", where, name) != first
                ):
                    wrong.append((name, first.code, first.message))

        channels = [wire.connect(self, server) for _ in range(8)]
        clients = [threading.Thread(target=client, args=(number,)) for number in range(64)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        self.assertEqual(wrong, [], "a repeated request got another answer")
        by_offer, by_channel = collections.Counter(), collections.Counter()
        decisions = [entry["decision"] for entry in self.entries(server)]
        for decision in decisions:
            for given in decision["offers"]:
                by_offer[given["offer_id"]] += 1
                by_channel[decision["channel"]] += 1
        self.assertEqual(len(decisions), next(asked), "a repetition is no decision, and none is missing")
        self.assertEqual(sum(by_offer.values()), 60)
        self.assertLessEqual(by_channel["CHANNEL_POS"], 20)
        self.assertLessEqual(by_offer["b"], 7)
        self.assertLessEqual(max(by_offer.values()), 15)
        figure(f"64 clients for {seconds} s: {len(decisions)} decisions for one customer, caps and budgets hold exactly")

    def test_recorded_decisions_are_the_same_when_computed_again(self):
        count = 10_000
        customers = [f"c{i}" for i in range(50)]
        server = self.prepare(
            catalog(
                "control: {share: 0.1, salt: e2e}\ncontact_policy: {caps: [{max: 40, days: 1}]}\n",
                offer("a", "3.0", "    budget: {count: 500}\n    eligibility: customer.recency_days < 30\n"),
                offer("b"),
                offer("c", "1.0", "    default: true\n"),
            ),
            customers,
            decisions_full_permille=1000,
        )
        chance = random.Random(Settings.seed)
        channel = wire.connect(self, server)
        for i in range(count):
            where, name = chance.choice((POS, APP, WEB, KIOSK)), f"r{i}" if i % 3 else ""
            self.assertEqual(self.ask(channel, chance.choice(customers), where, name).code, "ok")
            if i == count // 2:
                self.assertEqual(server.nboctl("segments", "--refresh").code, 0)
        server.stop()
        server.start()
        newer = self.write("newer.yaml", catalog("", offer("z")))
        self.assertEqual(server.nboctl("catalog", "publish", newer).code, 0)
        answer = server.nboctl("decisions", "replay", "--limit", count)
        self.assertEqual(answer.code, 0, answer.stdout[-2000:] + answer.stderr)
        self.assertIn(f"{count} decisions computed again, all the same", answer.stdout)
        figure(f"{count} recorded decisions are the same after a restart and with a newer catalog")

    def test_after_kill_9_no_budget_is_lost_and_none_is_spent_twice(self):
        limit, customers = 200, [f"c{i}" for i in range(400)]
        server = self.prepare(
            catalog(
                "contact_policy: {reservation_minutes: {default: 1}}\n",
                offer("a", "2.0", f"    budget: {{count: {limit}}}\n"),
            ),
            customers,
        )
        chance = random.Random(Settings.seed)
        for _ in range(3):
            stop = threading.Event()

            def shop(channel):
                while not stop.is_set():
                    given = self.ask(channel, chance.choice(customers), POS, most=1)
                    if given.code != "ok":
                        return  # the server was killed
                    for raw in wire.decode(given.body).get(5, []):
                        if chance.random() < 0.3:
                            token = wire.decode(raw)[9][0]
                            told = wire.message((1, token), (2, REDEEMED), (3, timestamp(time.time())))
                            channel.call(RECORD_OUTCOME, wire.message((1, told)))

            shops = [threading.Thread(target=shop, args=(wire.connect(self, server),)) for _ in range(8)]
            for one in shops:
                one.start()
            time.sleep(1)
            server.kill9()
            stop.set()
            for one in shops:
                one.join()
            server.start()
        given = redeemed = 0
        tokens = set()
        for entry in self.entries(server):
            given += len(entry.get("decision", {}).get("offers", []))
            outcome = entry.get("outcome")
            if outcome and outcome["kind"] == "OUTCOME_KIND_REDEEMED":
                self.assertNotIn(outcome["attribution_token"], tokens)
                tokens.add(outcome["attribution_token"])
                redeemed += 1
        budget = self.budget(server)
        self.assertEqual(int(budget["spent_count"]), redeemed)
        self.assertLessEqual(int(budget["spent_count"]) + int(budget["held_count"]), limit)
        self.assertGreater(redeemed, 0)
        self.wait_until(lambda: int(self.budget(server)["held_count"]) == 0, "reservations end", seconds=150, pause=1)
        self.assertEqual(int(self.budget(server)["spent_count"]), redeemed)
        figure(f"kill -9 three times: {given} offers given, {redeemed} redeemed, nothing held for ever")

    def budget(self, server):
        answer = server.nboctl("budgets", "a", "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json["budgets"][0]

    def test_an_engineer_reads_the_log(self):
        server = self.prepare(catalog("", offer("a")), ["anna"])
        channel = wire.connect(self, server)
        given = wire.decode(self.ask(channel, "anna", POS, "r1", in_full=1).body)
        decision, token = given[1][0].decode(), wire.decode(given[5][0])[9][0].decode()
        self.assertEqual(server.nboctl("outcome", token, "spoken", "--operator", "ben").code, 0)
        again = server.nboctl("outcome", token, "spoken", "--operator", "ben")
        self.assertIn("duplicate", again.stdout)
        wrong = server.nboctl("outcome", token, "nodded")
        self.assertEqual(wrong.code, 2)
        self.assertIn("is no outcome; use one of delivered", wrong.stderr)
        tail = server.nboctl("decisions", "tail")
        self.assertEqual(tail.code, 0, tail.stderr)
        self.assertIn(f"{decision}  anna at pos in", tail.stdout.replace("at pos:", "at pos in:"))
        self.assertIn(": spoken", tail.stdout)
        shown = server.nboctl("decisions", "show", token)
        self.assertEqual(shown.code, 0, shown.stderr)
        self.assertIn("spoken", shown.stdout)
        self.assertEqual(server.nboctl("decisions", "replay", decision).code, 0)
        unknown = server.nboctl("decisions", "show", "0" * 28)
        self.assertEqual(unknown.code, 3)
