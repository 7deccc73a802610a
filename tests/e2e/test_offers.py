"""Offers for the sample's households, as its README promises them."""

import data
from harness import E2eTest

POS, APP, KIOSK = "pos", "mobile_app", "kiosk"
# README.md of deploy/sample, "Three households to look at".
PROMISED = {
    ("67", POS): ["c23-sport-drink-100"],
    ("67", APP): ["vip-gift-coffee", "c21-salsa-075", "c23-sport-drink-100"],
    ("67", KIOSK): ["vip-gift-coffee", "c23-sport-drink-100", "c21-cheese-100", "c20-dressing-075"],
    ("48", POS): ["c22-cheese-060"],
    ("48", APP): ["winback-300", "c22-cheese-060", "c22-rolls-050"],
    ("48", KIOSK): ["winback-300", "c22-cheese-060", "kiosk-fruit-cup", "c22-rolls-050"],
    ("129", POS): ["milk-points-double"],
    ("129", APP): ["milk-points-double", "c22-orange-juice-100", "bread-of-the-day"],
    ("129", KIOSK): ["c22-orange-juice-100", "kiosk-fruit-cup", "bread-of-the-day", "app-download"],
}
CHIPS = ["--basket", "526615:BAG SNACKS:3.00"]
BASKETS = [
    ("67", CHIPS, "c21-salsa-075"),
    ("67", [*CHIPS, "--basket", "825343:BEEF:22.00"], "vip-gift-coffee"),
    ("48", ["--basket", "825343:BEEF:12.00"], "winback-300"),
    ("129", ["--basket", "242044:FLUID MILK PRODUCTS:3.00"], "c22-orange-juice-100"),
    ("129", ["--basket", "822646:COLD CEREAL:3.00"], "milk-with-cereal"),
    (None, [], "loyalty-card-signup"),
    (None, ["--basket", "822646:COLD CEREAL:4.00"], "milk-with-cereal"),
]


class OffersTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.nbod(catalog_path=data.CATALOG)
        self.dataset = data.sample()
        self.assertEqual(self.server.nboctl(*self.dataset.importing()).code, 0)

    def get(self, customer, channel, *more):
        who = ["--customer", customer] if customer else []
        when = [] if "--as-of" in more else ["--as-of", data.SAMPLE_NOW]
        answer = self.server.nboctl("offers", "get", *who, "--channel", channel, *when, *more, "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json

    def ids(self, answer):
        self.assertEqual([offer["rank"] for offer in answer["offers"]], list(range(1, len(answer["offers"]) + 1)))
        return [offer["offer_id"] for offer in answer["offers"]]

    def test_channels_differ_for_one_household_as_the_readme_says(self):
        for (customer, channel), promised in PROMISED.items():
            answer = self.get(customer, channel)
            self.assertEqual(self.ids(answer), promised, f"{customer} {channel}")
            self.assertEqual((answer["tier"], answer["customer_id"]), ("ANSWER_TIER_FULL", customer))
        self.assertEqual(len({tuple(PROMISED["67", channel]) for channel in (POS, APP, KIOSK)}), 3)

    def test_a_basket_changes_the_offer_as_the_readme_says(self):
        for customer, basket, promised in BASKETS:
            self.assertEqual(self.ids(self.get(customer, POS, *basket))[:1], [promised], f"{customer} {basket}")
        afternoon = self.get("129", POS, *BASKETS[3][1], "--as-of", "2018-01-01T15:00:00Z")
        self.assertEqual(self.ids(afternoon), ["bread-of-the-day"])

    def test_they_hold_on_every_day_of_the_week_after_the_last_receipt(self):
        for day in range(1, 8):
            for (customer, channel), promised in PROMISED.items():
                answer = self.get(customer, channel, "--as-of", f"2018-01-0{day}T12:00:00Z")
                self.assertEqual(self.ids(answer), promised, f"{customer} {channel} on day {day}")

    def test_an_unknown_customer_gets_default_offers_marked_as_such(self):
        nobody = self.get(None, APP)
        for who in (["--customer", "nobody-knows"], ["--card", "4711"], ["--phone", "+4912345"]):
            answer = self.get(None, APP, *who)
            self.assertEqual(answer["tier"], "ANSWER_TIER_DEFAULT")
            self.assertEqual(answer["tier_reason"], "TIER_REASON_UNKNOWN_CUSTOMER")
            self.assertEqual(self.ids(answer), self.ids(nobody))
        self.assertGreater(len(nobody["offers"]), 0)
        text = self.server.nboctl("offers", "get", "--customer", "nobody-knows", "--channel", "pos")
        self.assertIn("! Not a full answer: default tier (unknown customer)", text.stdout)
        self.assertEqual(self.server.nboctl("profile", "show", "nobody-knows").code, 3, "asking must not create anyone")
        self.assertEqual(self.server.metric('nbo_answers_total{reason="unknown_customer",tier="default"}'), 4)

    def test_no_customer_gets_default_offers_and_the_reason_says_so(self):
        for channel in (POS, APP, KIOSK):
            answer = self.get(None, channel)
            self.assertEqual(answer["tier"], "ANSWER_TIER_DEFAULT")
            self.assertEqual(answer["tier_reason"], "TIER_REASON_NO_CUSTOMER")
            self.assertEqual(answer["customer_id"], "")
            self.assertGreater(len(answer["offers"]), 0)

    def test_a_known_customer_with_an_empty_basket_gets_the_personal_offers(self):
        answer = self.get("67", APP)
        self.assertEqual((answer["tier"], answer["tier_reason"]), ("ANSWER_TIER_FULL", "TIER_REASON_UNSPECIFIED"))
        for offer in answer["offers"]:
            self.assertTrue(offer["treatment"]["title"], offer)
            self.assertLessEqual(len(offer["attribution_token"]), 64)
            self.assertGreater(offer["score"], 0)

    def test_locale_ru_gives_russian_texts(self):
        for locale in ("ru", "ru-RU"):
            for channel, field in ((POS, "script"), (APP, "title"), (KIOSK, "title")):
                answer = self.get("67", channel, "--locale", locale, "--max", "100")
                for offer in answer["offers"]:
                    if offer["treatment"]["locale"] == "ru":
                        self.assertRegex(offer["treatment"][field], "[а-яА-Я]")
                shown = [offer["treatment"]["locale"] for offer in answer["offers"]]
                self.assertIn("ru", shown, f"{locale} {channel}")
                self.assertLessEqual(set(shown), {"ru", "en"})
        russian, english = (self.get("67", POS, "--locale", locale) for locale in ("ru", "en"))
        self.assertEqual(self.ids(russian), self.ids(english))
        for locale in ("xx", "zh-Hant-TW", ""):
            answer = self.get("67", POS, "--locale", locale)
            self.assertEqual(answer["offers"][0]["treatment"]["locale"], "en", "the default locale")

    def test_every_script_for_the_till_fits_two_lines_of_thirty_characters(self):
        scripts = set()
        for locale in ("en", "ru"):
            for customer in self.dataset.customers():
                for offer in self.get(customer, POS, "--locale", locale, "--max", "100")["offers"]:
                    scripts.add(offer["treatment"]["script"])
        self.assertGreater(len(scripts), 20)
        for script in scripts:
            lines = script.split("\n")
            self.assertLessEqual(len(lines), 2, script)
            self.assertTrue(all(0 < len(line) <= 30 for line in lines), script)

    def test_the_caller_controls_how_many_offers_come_at_most(self):
        for channel, by_default in ((POS, 1), (KIOSK, 4), (APP, 3)):
            every = self.ids(self.get("67", channel, "--max", "100"))
            self.assertGreater(len(every), by_default)
            for most in (1, 2, 5):
                self.assertEqual(self.ids(self.get("67", channel, "--max", most)), every[:most], "a prefix")
            self.assertEqual(self.ids(self.get("67", channel)), every[:by_default])
            self.assertEqual(self.ids(self.get("67", channel, "--max", "0")), every[:by_default])
        self.assertEqual(self.server.nboctl("offers", "get", "--channel", "pos", "--max", "101").code, 2)

    def test_the_same_request_gets_the_same_offers_and_writes_nothing(self):
        first, second = self.get("67", KIOSK, "--explain"), self.get("67", KIOSK, "--explain")
        for answer in (first, second):
            for name in ("decision_id",):
                answer.pop(name)
            for offer in answer["offers"]:
                offer.pop("attribution_token")
        self.assertEqual(first, second)
        self.assertEqual(len(first["explanations"]), 65, "every offer of the catalog is explained")
        shown = [entry["offer_id"] for entry in first["explanations"] if entry["gate"] == "GATE_SHOWN"]
        self.assertEqual(sorted(shown), sorted(self.ids(first)))
