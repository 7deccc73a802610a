"""nboctl rules: the language against the conformance files of CEL, and rules against a running server."""

import json
import math
import os
import pathlib
import subprocess
import unittest

import data
import harness

SKIPS = harness.ROOT / "tests" / "core" / "rules" / "cel_skips.txt"


def conformance_folder() -> pathlib.Path:
    """Of the files, or SkipTest: they are not part of the repository."""
    shared = os.environ.get("NBO_SHARED_DATA")
    folder = (pathlib.Path(shared) if shared else harness.ROOT.parent / "shared" / "data") / "cel_spec"
    if not folder.is_dir():
        raise unittest.SkipTest(f"no conformance files in {folder}")
    return folder


def skips() -> set:
    """file/section/name of the cases outside of the language, by the list of the language's own test."""
    lines = (line.split("#")[0].strip() for line in SKIPS.read_text().splitlines())
    return {line for line in lines if line.count("/") >= 2}


def same(actual, expected) -> bool:
    """Whether two typed values are the same; numbers by value, maps whatever their order."""
    if actual is None or set(actual) != set(expected):
        return False
    (kind, a), (_, e) = next(iter(actual.items())), next(iter(expected.items()))
    if kind == "null_value":
        return True
    if kind == "double_value":
        a, e = float(a), float(e)
        return a == e or (math.isnan(a) and math.isnan(e))
    if kind == "list_value":
        a, e = a.get("values", []), e.get("values", [])
        return len(a) == len(e) and all(map(same, a, e))
    if kind == "map_value":
        a, e = a.get("entries", []), e.get("entries", [])
        return len(a) == len(e) and all(
            any(same(x["key"], y["key"]) and same(x["value"], y["value"]) for x in a) for y in e
        )
    if kind == "object_value":
        (name, a), (other, e) = next(iter(a.items())), next(iter(e.items()))
        return name == other and all(int(a.get(part, 0)) == int(e.get(part, 0)) for part in ("seconds", "nanos"))
    return str(a) == str(e)


def passes(case: dict, answer: dict) -> bool:
    if "eval_error" in case:
        error = answer.get("error", {})
        # What fails whatever the values are is told before it is evaluated.
        return error.get("kind") == "evaluation" or error.get("message", "").startswith("this always fails")
    return same(answer.get("value"), case["value"])


class Conformance(unittest.TestCase):
    def test_all_cases_within_the_language_pass_and_only_those(self):
        folder = conformance_folder()
        outside = skips()
        passed = 0
        wrong = []
        for path in sorted(folder.glob("*.jsonl")):
            lines = path.read_text().splitlines()
            done = subprocess.run(
                [str(harness.Settings.bin_dir / "nboctl"), "rules", "eval", "--jsonl", str(path)],
                capture_output=True,
                env=harness.environment(),
                timeout=60,
            )
            answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
            self.assertEqual(len(answers), len(lines), path.name)
            for line, answer in zip(lines, answers):
                case = json.loads(line)
                name = f"{case['file']}/{case['section']}/{case['name']}"
                good = passes(case, answer)
                passed += good
                if good == (name in outside):
                    wrong.append(f"{name}: {case['expr']} -> {answer}" + (" (listed as outside)" if good else ""))
        harness.figure(f"CEL conformance by nboctl: {passed} cases pass, {len(outside)} are outside of the language")
        self.assertEqual(wrong, [])


class RulesAtAServer(harness.E2eTest):
    def evaluate(self, server, expression, *args):
        return server.nboctl("rules", "eval", expression, *args)

    def test_a_rule_is_evaluated_for_a_customer_as_offers_are(self):
        server = self.nbod(catalog_path=data.CATALOG)
        receipts = self.write("receipts.csv", "customer_id,receipt_id,store_id,time,product_id,category,quantity,amount\n"
                              "anna,1,s1,2026-01-02T10:00:00Z,p1,MILK,1,3.00\n"
                              "anna,2,s1,2026-01-05T10:00:00Z,p1,MILK,1,5.00\n")
        imported = server.nboctl("import", "purchases", receipts, "--set", "channel=pos")
        self.assertEqual(imported.code, 0, imported.stderr)
        anna = ("--customer", "anna", "--as-of", "2026-01-07T21:30:00Z")
        answer = self.evaluate(server, "customer.recency_days", *anna)
        self.assertEqual((answer.code, answer.stdout), (0, "int 2\n"), answer.stderr)
        answer = self.evaluate(server, 'category("MILK").revenue + customer.revenue_30d', *anna)
        self.assertEqual(answer.stdout, "double 16.0\n", answer.stderr)
        answer = self.evaluate(server, "request.channel + request.store", *anna, "--channel", "kiosk", "--store", "s9")
        self.assertEqual(answer.stdout, 'string "KIOSKs9"\n', answer.stderr)
        answer = self.evaluate(server, "basket.lines.exists(l, l.amount > 2.0)", *anna, "--basket", "p1:MILK:2.50")
        self.assertEqual(answer.stdout, "bool true\n", answer.stderr)

    def test_consents_and_cards_show_at_once(self):
        server = self.nbod()
        server.nboctl("identity", "link", "--card", "4711", "--customer", "anna")
        server.nboctl("customer", "consent", "email", "granted", "--customer", "anna")
        server.nboctl("customer", "consent", "sms", "withdrawn", "--customer", "anna")
        answer = self.evaluate(server, "customer.consent", "--card", "4711")
        self.assertEqual(answer.stdout, 'map(string, bool) {"EMAIL": true, "SMS": false}\n', answer.stderr)
        answer = self.evaluate(server, "customer.identities", "--customer", "anna")
        self.assertEqual(answer.stdout, 'list(string) ["card"]\n', answer.stderr)
        server.nboctl("identity", "unlink", "--card", "4711")
        answer = self.evaluate(server, "customer.identities", "--customer", "anna")
        self.assertEqual(answer.stdout, "list(string) []\n", answer.stderr)

    def test_mistakes_errors_and_unknown_things_are_told_apart(self):
        server = self.nbod(catalog_path=data.CATALOG)
        answer = self.evaluate(server, "customer.recensy_days > 1", "--customer", "anna")
        self.assertEqual(answer.code, 2)
        self.assertIn("1:1: unknown name 'customer.recensy_days'", answer.stderr)
        answer = self.evaluate(server, "customer.recency_days > 1", "--customer", "nobody")
        self.assertEqual(answer.code, 1)
        self.assertIn("customer.recency_days = no value", answer.stderr)
        answer = self.evaluate(server, "offer.value", "--customer", "anna")
        self.assertEqual(answer.code, 1)
        self.assertIn("offer_id: is required", answer.stderr)
        answer = self.evaluate(server, "offer.value", "--customer", "anna", "--offer", "no-such")
        self.assertEqual(answer.code, 3)
        self.assertIn("no offer 'no-such'", answer.stderr)


if __name__ == "__main__":
    unittest.main()
