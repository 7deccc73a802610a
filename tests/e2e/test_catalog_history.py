"""Versions of a catalog: listed, compared, scheduled, cancelled, rolled back; and catalogs made of a spreadsheet."""

import datetime
import time

from harness import E2eTest

HEAD = "catalog: test\ncurrency: USD\ndefault_locale: en\nscore: offer.value - offer.cost\noffers:\n"


def offer(offer_id, value="2.10", more=""):
    return (
        f"  - id: {offer_id}\n    name: {offer_id}\n    kind: discount\n    value: {value}\n    cost: 0.5\n"
        f"    propensity: 0.1\n    default: true\n{more}"
        f"    treatments:\n      - {{channel: POS, locale: en, script: {offer_id}}}\n"
    )


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds")


class CatalogHistoryTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.server = self.nbod()

    def publish(self, yaml, *args):
        answer = self.server.nboctl("catalog", "publish", self.write("c.yaml", yaml), *args, "--format", "json")
        self.assertEqual(answer.code, 0, answer)
        return answer.json

    def catalog(self, *args, code=0):
        answer = self.server.nboctl("catalog", *args)
        self.assertEqual(answer.code, code, answer)
        return answer.stdout + answer.stderr

    def version(self):
        return int(self.server.metric("nbo_catalog_version"))

    def test_versions_are_listed_compared_and_rolled_back_with_author_and_reason(self):
        self.publish(HEAD + offer("coffee") + offer("tea"), "--author", "anna", "--note", "spring")
        self.publish(HEAD + offer("coffee", "2.50") + offer("cake"), "--author", "ben", "--note", "prices")
        self.assertEqual(
            self.catalog("diff", "1", "2").splitlines(),
            ["offer 'coffee': value 2.10 -> 2.50", "offer 'cake' added", "offer 'tea' removed"],
        )
        self.assertEqual(self.catalog("diff", "2", "active"), "No difference.\n")
        draft = self.write("draft.yaml", HEAD + offer("coffee", "3.00") + offer("cake"))
        self.assertEqual(self.catalog("diff", "active", draft), "offer 'coffee': value 2.50 -> 3.00\n")
        self.assertEqual(self.catalog("rollback", "--author", "eva", "--note", "too dear"), "Version 1 is active\n")
        self.assertEqual(self.version(), 1)
        history = self.server.nboctl("catalog", "history", "--format", "json").json["activations"]
        self.assertEqual(
            [(a["version"], a["cause"], a["author"], a["note"], a["active"]) for a in history],
            [
                ("1", "CAUSE_ROLLBACK", "eva", "too dear", True),
                ("2", "CAUSE_PUBLICATION", "ben", "prices", False),
                ("1", "CAUSE_PUBLICATION", "anna", "spring", False),
            ],
        )
        self.catalog("activate", "2", "--author", "eva")
        self.assertEqual(self.version(), 2)
        self.catalog("activate", "2", code=1)
        self.catalog("activate", "9", code=3)
        listed = self.server.nboctl("catalog", "list", "--format", "json").json["catalogs"]
        self.assertEqual([(c["version"], c["offer_count"], c["active"]) for c in listed], [("2", 2, True), ("1", 2, False)])
        for end in (self.server.kill9, self.server.stop):
            end()
            self.server.start()
            self.assertEqual(self.version(), 2)
        self.catalog("rollback")
        self.server.kill9()
        self.server.start()
        self.assertEqual(self.version(), 1, "a rollback outlives the process, though version 2 is newer")

    def test_what_is_scheduled_is_listed_cancelled_and_carried_out_also_after_a_restart(self):
        self.publish(HEAD + offer("one"))
        later = in_seconds(3600)
        scheduled = self.publish(HEAD + offer("two"), "--at", later, "--author", "anna", "--note", "easter")
        self.assertEqual(scheduled["activation"]["state"], "STATE_SCHEDULED")
        self.assertEqual(self.version(), 1)
        self.assertRegex(self.catalog("list"), r"(?s)Scheduled:.*2 +2 +publication .* anna +easter")
        self.server.kill9()
        self.server.start()
        self.assertIn("easter", self.catalog("list"))
        self.assertIn("is cancelled", self.catalog("cancel", "2", "--author", "ben", "--note", "rain"))
        self.assertNotIn("Scheduled", self.catalog("list"))
        self.assertIn("cancelled by ben: rain", self.catalog("history"))
        self.catalog("cancel", "2", code=1)
        self.catalog("activate", "2", "--at", in_seconds(1.5))
        self.assertEqual(self.version(), 1)
        self.wait_until(lambda: self.version() == 2, "the scheduled version is active")
        self.assertIn("catalog version 2 is active: activation 3", self.server.log())
        self.catalog("activate", "1", "--at", in_seconds(0.5))
        self.server.kill9()
        time.sleep(1)
        self.server.start()
        self.assertEqual(self.version(), 1, "what became due while no server ran")
        self.catalog("activate", "2", "--at", "tomorrow", code=2)

    def test_warnings_are_shown_and_refuse_nothing(self):
        file = self.write("c.yaml", HEAD + offer("coffee", more="    window: {to: 2020-01-31}\n    group: lonely\n"))
        for command in ("validate", "publish"):
            said = self.catalog(command, file)
            self.assertIn(f"{file}:13:18: warning: offers.window: over since 2020-02-01", said)
            self.assertIn("warning: offers.group: no other offer is in 'lonely'", said)
            self.assertIn("2 warnings\n", said)
        self.assertEqual(self.version(), 1)

    def test_a_spreadsheet_becomes_a_catalog_that_is_valid(self):
        sheet = self.write(
            "offers.csv",
            "\ufeffid;name;kind;value;cost;propensity;from;eligibility;POS.script;WEB.title;WEB.title.ru\r\n"
            'coffee;"Coffee; ""two""";discount;2,10;0,5;12 %;01.03.2026;customer.recency_days > 45;'
            '"Two coffees\nfor one";Two;"Кофе: два # по цене"\r\n',
        )
        catalog = self.directory / "made.yaml"
        self.assertIn("1 offer", self.catalog("import", sheet, "-o", catalog))
        self.assertIn("is valid: 1 offer", self.catalog("validate", catalog))
        self.assertEqual(self.catalog("import", sheet), catalog.read_text())
        again = self.write("again.csv", sheet.read_text().replace("2,10", "two"))
        said = self.catalog("import", again, "-o", self.directory / "none.yaml", code=1)
        self.assertIn("again.csv, cell D2 (value): 'two' is not a number", said)
        self.assertFalse((self.directory / "none.yaml").exists())
        based = self.catalog("import", sheet, "--base", self.write("base.yaml", HEAD + offer("old")))
        self.assertTrue(based.startswith(HEAD))
        self.assertNotIn("id: old", based)
