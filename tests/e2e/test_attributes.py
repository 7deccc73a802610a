"""What the host knows of a customer: from nboctl to rules, offers, the log and the export, in any order, and forgotten."""

import json
import random
import string

from harness import E2eTest, Settings
from test_decisions import catalog, offer

WHEN = "2026-01-0{}T12:00:00Z"
GOLD = "    eligibility: customer.attributes[\"tier\"] == \"gold\"\n"
SILVER = "    eligibility: customer.attributes.tier == \"silver\"\n"
NO_TRIAL = "    eligibility: '!(\"trial\" in customer.attributes) && size(customer.attributes) > 0'\n"
STATEMENTS = [
    (1, "tier=silver", "trial=yes", "app_version=6"),
    (2, "tier=gold"),
    (3, "--remove", "trial"),
    (3, "app_version=7"),
    (3, "app_version=70", "--source", "crm"),
    (4, "new=", "--remove", "tier"),
    (4, "tier=late"),
    (5, "tier=gold"),
]


def found_in_files(directory, texts) -> set:
    """Those of the texts that are in some file, at whatever bit they begin: states are packed to the bit."""
    found = set()
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        whole = int.from_bytes(content, "little")
        for shift in range(8):
            shifted = (whole >> shift).to_bytes(len(content), "little")
            found.update(text for text in texts if text.encode() in shifted)
    return found


class AttributesTest(E2eTest):
    def run_ok(self, server, *args):
        answer = server.nboctl(*args)
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer

    def tell(self, server, statement, customer="anna"):
        day, *rest = statement
        self.run_ok(server, "customer", "attributes", *rest, "--customer", customer, "--time", WHEN.format(day))

    def evaluate(self, server, expression, customer="anna"):
        return self.run_ok(server, "rules", "eval", expression, "--customer", customer).stdout

    def offers(self, server, customer="anna", *more):
        args = ("--customer", customer, "--channel", "pos", "--max", "9", *more, "--format", "json")
        answer = self.run_ok(server, "offers", "get", *args)
        return [one["offer_id"] for one in answer.json.get("offers", [])]

    def test_rules_offers_and_the_profile_see_them_at_once(self):
        yaml = catalog("", offer("gold", "2.0", GOLD), offer("silver", "2.0", SILVER), offer("no-trial", "1.5", NO_TRIAL))
        server = self.nbod(catalog_path=self.write("catalog.yaml", yaml))
        self.tell(server, (1, "tier=silver", "trial=yes"))
        self.assertEqual(self.offers(server), ["silver"])
        self.tell(server, (2, "tier=gold", "--remove", "trial"))
        self.assertEqual(self.offers(server), ["gold", "no-trial"])
        self.assertEqual(self.evaluate(server, "customer.attributes"), 'map(string, string) {"tier": "gold"}\n')
        self.assertEqual(self.evaluate(server, '"trial" in customer.attributes'), "bool false\n")
        shown = self.run_ok(server, "profile", "show", "anna").stdout
        self.assertRegex(shown, r"Attribute +Value\ntier +gold\n")
        explained = self.run_ok(server, "offers", "explain", "--customer", "anna", "--channel", "pos").stdout
        self.assertIn('customer.attributes.tier == "silver" (it is "gold")', explained)
        self.assertEqual(self.offers(server, "nobody"), [])
        offline = self.run_ok(server, "rules", "vars").stdout
        self.assertIn("customer.attributes", offline)

    def test_any_order_restart_merge_and_rebuild_end_the_same(self):
        chance, digests = random.Random(Settings.seed), set()
        for _ in range(3):
            server, statements = self.nbod(), STATEMENTS + STATEMENTS[:3]
            chance.shuffle(statements)
            cut = chance.randrange(len(statements))
            for statement in statements[:cut]:
                self.tell(server, statement, chance.choice(("anna", "old")))
            self.run_ok(server, "customer", "merge", "old", "anna")
            server.kill9()
            server.start()
            for statement in statements[cut:]:
                self.tell(server, statement, chance.choice(("anna", "old")))
            digests |= set(server.digests(["anna"]).values())
            self.assertIn("0 changed", self.rebuilt(server))
            self.assertEqual(
                self.evaluate(server, "customer.attributes"),
                'map(string, string) {"app_version": "70", "new": "", "tier": "gold"}\n',
            )
            exported = json.loads(self.run_ok(server, "customer", "export", "old").stdout)
            self.assertEqual([one["key"] for one in exported["attributes"]], ["app_version", "new", "tier", "trial"])
            self.assertEqual(exported["attributes"][0]["source"], "crm")
            self.assertNotIn("value", exported["attributes"][3], "removed")
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(digests), 1, "the order of arrival matters")

    def rebuilt(self, server):
        answer = self.run_ok(server, "rebuild", "--quiet", "--format", "json")
        return f"{answer.json.get('changed_count', '0')} changed"

    def test_a_decision_is_computed_again_with_the_attributes_of_its_moment(self):
        yaml = catalog("", offer("gold", "2.0", GOLD), offer("silver", "2.0", SILVER))
        server = self.nbod(catalog_path=self.write("catalog.yaml", yaml), decisions_full_permille=1000)
        for day, tier in enumerate(("gold", "silver", "zinc"), 1):
            self.tell(server, (day, f"tier={tier}"))
            self.offers(server)
        server.stop()
        server.start()
        self.assertIn("3 decisions computed again, all the same", self.run_ok(server, "decisions", "replay").stdout)

    def test_too_much_is_refused_with_the_remedy_and_changes_nothing(self):
        server = self.nbod()
        self.tell(server, (1, *(f"k{i}=v" for i in range(32))))
        before = server.digests(["anna"])
        args = ("customer", "attributes", "one-more=v", "k1=w", "--customer", "anna", "--time", WHEN.format(2))
        answer = server.nboctl(*args)
        self.assertNotEqual(answer.code, 0)
        self.assertIn("attributes: the customer would have 33; at most 32 are kept; name those", answer.stderr)
        self.assertEqual(server.digests(["anna"]), before)
        self.assertEqual(server.nboctl(*args, "--remove", "k2").code, 0)
        answer = server.nboctl("customer", "attributes", "tier=" + "x" * 257, "--customer", "anna")
        self.assertIn('attributes["tier"]: 257 bytes; at most 256 are allowed', answer.stderr)

    def test_an_erased_persons_attributes_are_in_no_answer_and_no_file(self):
        chance = random.Random(Settings.seed)
        secrets = ["".join(chance.choices(string.ascii_letters + string.digits, k=12)) for _ in range(4)]
        key, first, second, source = secrets
        yaml = catalog("", offer("a"))
        server = self.nbod(catalog_path=self.write("catalog.yaml", yaml), decisions_full_permille=1000)
        self.tell(server, (1, f"{key}={first}", "--source", source))
        self.offers(server)
        self.tell(server, (2, f"{key}={second}", "--source", source))
        self.assertEqual(found_in_files(server.directory, secrets), set(secrets), "else the search is blind")
        self.run_ok(server, "customer", "erase", "anna", "--yes")
        self.assertEqual(server.nboctl("profile", "show", "anna").code, 3)
        self.assertEqual(server.nboctl("customer", "export", "anna").code, 3)
        self.run_ok(server, "compact")
        self.tell(server, (3, f"{key}={first}"))
        self.assertEqual(server.nboctl("profile", "show", "anna").code, 3, "a late statement brings nobody back")
        self.assertEqual(server.stop(), 0)
        self.assertEqual(found_in_files(server.directory, secrets), set(), "the erased are in the files")
