"""Offers are stopped at once and let go on, by whom and why is kept, and a preview says what is stopped."""

from harness import E2eTest

HEAD = "catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.value - offer.cost\noffers:\n"


def offer(offer_id, value, group="", channels=("POS", "WEB"), campaign=""):
    texts = "".join(
        f"      - {{channel: {channel}, locale: en, {'script' if channel == 'POS' else 'title'}: {offer_id}}}\n"
        for channel in channels
    )
    return (
        f"  - id: {offer_id}\n    name: {offer_id}\n    kind: discount\n    value: {value}\n    cost: 0.5\n"
        f"    propensity: 0.1\n    default: true\n"
        + (f"    group: {group}\n" if group else "")
        + (f"    campaign: {campaign}\n" if campaign else "")
        + f"    treatments:\n{texts}"
    )


CATALOG = (
    HEAD
    + offer("coffee-large", "4.0", "coffee")
    + offer("coffee-small", "3.0", "coffee", ["POS"])
    + offer("cake", "2.0", campaign="sweets")
    + offer("banner", "1.0", channels=["WEB"])
)
WHO = ["--author", "anna", "--reason", "supplier out of stock"]


class SwitchesTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.nbod(catalog_path=self.write("catalog.yaml", CATALOG))

    def switch(self, *args, code=0):
        answer = self.server.nboctl("switch", *args)
        self.assertEqual(answer.code, code, answer)
        return answer.stdout + answer.stderr

    def json(self, *args):
        answer = self.server.nboctl("switch", *args, "--format", "json")
        self.assertEqual(answer.code, 0, answer)
        return answer.json

    def answer(self, channel="pos", store="388", *more):
        answer = self.server.nboctl(
            "offers", "get", "--channel", channel, "--store", store, "--max", "9", *more, "--format", "json"
        )
        self.assertEqual(answer.code, 0, answer)
        return answer.json

    def shown(self, channel="pos", store="388"):
        return [o["offer_id"] for o in self.answer(channel, store).get("offers", [])]

    def paused_offers(self, channel="pos", store="388"):
        """What the server says is paused, offer by offer."""
        return [
            e["offer_id"]
            for e in self.answer(channel, store, "--explain")["explanations"]
            if e["gate"] == "GATE_LIVE" and "paused by anna just now: supplier out of stock" in e["detail"]
        ]

    def test_an_offer_is_stopped_at_once_and_goes_on_at_once(self):
        self.assertEqual(self.shown(), ["coffee-large", "cake"])
        said = self.switch("off", "offer", "cake", *WHO)
        self.assertIn("Offer cake is paused\nIt stops 1 offer: cake\n", said)
        self.assertRegex(said, r"Of 1 answer since .* 1 \(100\.0 %\) held what this stops")
        self.assertEqual(self.shown(), ["coffee-large"])
        self.assertEqual(self.paused_offers(), ["cake"])
        self.assertIn("offer 'cake' is paused by 'anna' (supplier out of stock)", self.server.log())
        self.assertEqual(self.server.metric("nbo_switches_paused"), 1)
        self.assertIn("paused already, by anna since", self.switch("off", "offer", "cake", "--author", "ben", "--reason", "x"))
        self.switch("off", "offer", "coffee-large", *WHO)
        self.assertEqual(self.shown(), ["coffee-small"], "another of its group takes the place")
        self.assertIn("It brings back 1 offer: cake", self.switch("on", "offer", "cake", *WHO))
        self.switch("on", "offer", "coffee-large", *WHO)
        self.assertEqual(self.shown(), ["coffee-large", "cake"])
        self.assertEqual(self.server.metric("nbo_switches_paused"), 0)
        self.assertIn("offer 'cake' is resumed by 'anna'", self.server.log())
        self.assertEqual(self.switch("list"), "Nothing is paused\n")

    def test_where_a_channel_a_store_or_everything_is_off_there_are_no_offers_at_all(self):
        for target, elsewhere in (
            (["channel", "pos"], ("web", "388")),
            (["store", "388"], ("pos", "389")),
            (["everything"], None),
        ):
            with self.subTest(target=target):
                self.switch("off", *target, *WHO)
                answer = self.answer()
                self.assertEqual(answer.get("offers", []), [])
                self.assertEqual((answer["tier"], answer["tier_reason"]), ("ANSWER_TIER_DEFAULT", "TIER_REASON_PAUSED"))
                if elsewhere:
                    self.assertTrue(self.shown(*elsewhere))
                self.assertEqual(self.server.page("/readyz"), (200, "ready\n"), "it is as it should be")
                self.switch("on", *target, *WHO)
                self.assertEqual(self.shown(), ["coffee-large", "cake"])
        said = self.server.nboctl("offers", "get", "--channel", "pos").stdout
        self.assertNotIn("paused", said)
        self.switch("off", "everything", *WHO)
        self.assertIn("default tier (paused)", self.server.nboctl("offers", "get", "--channel", "pos").stdout)
        self.assertEqual(self.server.metric('nbo_answers_total{reason="paused",tier="default"}'), 4)

    def test_switches_and_their_history_outlive_the_process(self):
        self.switch("off", "group", "coffee", *WHO)
        self.switch("off", "offer", "cake", "--author", "ben", "--reason", "торт закончился")
        self.switch("on", "group", "coffee", "--author", "eva", "--reason", "delivered")
        self.switch("on", "offer", "banner", *WHO)
        for end in (self.server.kill9, self.server.stop, self.server.kill9):
            end()
            self.server.start()
            self.assertEqual(self.shown(), ["coffee-large"])
            listed = self.json("list")["switches"]
            self.assertEqual(
                [(s["target"], s["author"], s["reason"]) for s in listed],
                [({"offer_id": "cake"}, "ben", "торт закончился")],
            )
        self.assertIn("switches in force: 1;", self.server.log())
        history = self.json("list", "--history")["events"]
        self.assertEqual(
            [(e["number"], e["target"], e["paused"], e["author"]) for e in history],
            [
                ("3", {"group": "coffee"}, False, "eva"),
                ("2", {"offer_id": "cake"}, True, "ben"),
                ("1", {"group": "coffee"}, True, "anna"),
            ],
            "what changed nothing is not there",
        )
        self.assertRegex(self.switch("list", "--history", "--limit", "1"), r" 3 .* on +group +coffee +eva +delivered\n")
        self.switch("on", "offer", "cake", *WHO)
        self.server.kill9()
        self.server.start()
        self.assertEqual(self.shown(), ["coffee-large", "cake"], "what was resumed stays so, too")

    def test_a_slip_stops_nothing_and_says_what_was_meant(self):
        self.assertIn("'cak' is no offer of the active catalog (version 1); did you mean 'cake'?",
                      self.switch("off", "offer", "cak", *WHO, code=1))  # fmt: skip
        self.assertIn("did you mean 'coffee'?", self.switch("preview", "group", "cofee", code=1))
        self.switch("off", "channel", "till", *WHO, code=2)
        self.switch("off", "offer", "cake", code=2)
        self.assertIn("reason: is required", self.switch("off", "offer", "cake", "--author", "anna", "--reason", " ", code=1))
        self.assertEqual(self.shown(), ["coffee-large", "cake"])
        self.switch("off", "offer", "cake", *WHO)
        self.assertIn("was not paused; did you mean 'cake'?", self.switch("on", "offer", "cak", *WHO))
        self.assertEqual(self.shown(), ["coffee-large"])
        self.assertIn("store 'Berlin' is not known here", self.switch("off", "store", "Berlin", *WHO))

    def test_a_new_catalog_brings_nothing_back(self):
        self.switch("off", "offer", "cake", *WHO)
        for yaml in (HEAD + offer("tea", "1.0"), CATALOG):
            answer = self.server.nboctl("catalog", "publish", self.write("next.yaml", yaml))
            self.assertEqual(answer.code, 0, answer)
            self.assertNotIn("cake", self.shown())
        self.switch("on", "offer", "cake", *WHO)
        self.assertIn("cake", self.shown())

    def test_what_a_preview_names_is_what_is_stopped_then(self):
        for asked in range(4):
            self.shown("pos", "388" if asked else "389")
        for target, channel, affected in (
            (["offer", "cake"], "pos", 4),
            (["offer", "coffee-small"], "pos", 0),
            (["group", "coffee"], "pos", 4),
            (["campaign", "sweets"], "pos", 4),
            (["channel", "pos"], "pos", 4),
            (["channel", "web"], "web", 0),
            (["store", "389"], "pos", 1),
            (["everything"], "pos", 4),
        ):
            with self.subTest(target=target):
                store = target[1] if target[0] == "store" else "388"
                preview = self.json("preview", *target)
                self.assertTrue(preview["changed"])
                self.assertEqual(self.paused_offers(channel, store), [], "a preview changes nothing")
                self.switch("off", *target, *WHO)
                stopped = self.paused_offers(channel, store)
                if target[0] == "channel":  # it stops all there, and names those that were meant for it
                    has = {"pos": ["coffee-large", "coffee-small", "cake"], "web": ["coffee-large", "cake", "banner"]}
                    stopped = [o for o in stopped if o in has[channel]]
                self.switch("on", *target, *WHO)
                self.assertEqual(preview["preview"]["offer_ids"], stopped)
                self.assertEqual(preview["preview"]["offer_count"], len(stopped))
                recent = preview["preview"]["recent"]
                self.assertEqual((int(recent["answer_count"]), int(recent["affected_count"])), (4, affected))
        self.assertRegex(
            self.switch("preview", "group", "coffee"),
            r"\AIt would stop 2 offers: coffee-large, coffee-small\nOf 4 answers since .* 4 \(100\.0 %\) held what this stops\n\Z",
        )
