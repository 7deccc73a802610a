"""Publishing catalogs: whole or not at all, and never at the cost of an answer."""

import re
import shutil
import threading

import data
from harness import E2eTest, figure

GOOD_RULE = "customer.recency_days > 45"
BAD_RULE = "customer.recensy_days > 45"


class CatalogTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.yaml = data.CATALOG.read_text()

    def offers(self, server):
        answer = server.nboctl("offers", "get", "--channel", "pos", "--format", "json")
        self.assertEqual(answer.code, 0, answer.stderr)
        return answer.json

    def version(self, server):
        return int(server.metric("nbo_catalog_version"))

    def with_typo(self):
        """The sample catalog with one mistake; also its line and column, from 1."""
        text = self.yaml.replace(GOOD_RULE, BAD_RULE, 1)
        before = text[: text.index(BAD_RULE)]
        return text, before.count("\n") + 1, len(before.rsplit("\n", 1)[1].encode()) + 1

    def assert_points_at_the_typo(self, text, name):
        """file:line:column: message, the line itself, a caret under the column."""
        yaml, line, column = self.with_typo()
        lines = text.splitlines()
        at = next((i for i, shown in enumerate(lines) if f"{name}:{line}:{column}:" in shown), None)
        self.assertIsNotNone(at, text)
        self.assertRegex(lines[at], r"recensy_days.*did you mean .*recency_days")
        source = yaml.splitlines()[line - 1]
        indent = lines[at + 1].index(source.strip()) - source.index(source.strip())
        self.assertEqual(lines[at + 1][indent:], source)
        self.assertEqual(lines[at + 2].rstrip(), " " * (indent + column - 1) + "^")

    def test_a_typo_in_a_rule_is_shown_with_file_line_column_and_caret_and_the_old_version_serves_on(self):
        server = self.nbod(catalog_path=data.CATALOG)
        before = self.offers(server)
        bad = self.write("spring.yaml", self.with_typo()[0])
        for command in ("validate", "publish"):
            answer = server.nboctl("catalog", command, bad)
            self.assertEqual(answer.code, 1, answer)
            self.assert_points_at_the_typo(answer.stdout, str(bad))
            self.assertIn(": 1 mistake, ", answer.stdout)
        self.assertIn("the active catalog stays", answer.stderr)
        after = self.offers(server)
        self.assertEqual(after["catalog_version"], "1")
        self.assertEqual([o["offer_id"] for o in after["offers"]], [o["offer_id"] for o in before["offers"]])
        metrics = server.metrics()
        self.assertEqual(metrics["nbo_catalog_version"], 1)
        self.assertEqual(metrics['nbo_catalog_publications_total{result="refused"}'], 1)
        self.assertEqual(metrics['nbo_calls_total{code="invalid_argument",method="PublishCatalog"}'], 1)
        self.assertEqual(metrics['nbo_calls_total{code="ok",method="ValidateCatalog"}'], 2)
        self.assertEqual(server.nboctl("catalog", "show", "--version", "2").code, 3)

    def test_every_kind_of_mistake_in_a_catalog_is_refused_with_its_place(self):
        server = self.nbod(catalog_path=data.CATALOG)
        mistakes = {
            "unknown key": self.yaml.replace("score_floor: 0", "score_flor: 0", 1),
            "currency": self.yaml.replace("currency: USD", "currency: EUR", 1),
            "not a rule": self.yaml.replace(GOOD_RULE, "customer.recency_days", 1),
            "syntax of a rule": self.yaml.replace(GOOD_RULE, "customer.recency_days > > 45", 1),
            "syntax of YAML": self.yaml.replace("segments:", "segments: [", 1),
            "script too wide": re.sub(r"(script: \|-\n\s+).*", r"\g<1>" + "x" * 31, self.yaml, count=1),
            "empty file": "",
            "a tab": "catalog:\tx\n\tcurrency: USD\n",
            "a list": "- 1\n- 2\n",
            "not UTF-8": self.yaml.encode().replace(b"complete-journey", b"complete-\xff\xfe", 1),
            "NUL": self.yaml.replace("complete-journey", "complete\0journey", 1),
        }
        for name, text in mistakes.items():
            with self.subTest(name):
                file = self.write("mistake.yaml", text)
                answer = server.nboctl("catalog", "publish", file)
                said = answer.stdout + answer.stderr
                not_sent = {"empty file": " is empty", "not UTF-8": ": not UTF-8; save it as UTF-8"}
                self.assertEqual(answer.code, 2 if name in not_sent else 1, answer)
                self.assertRegex(said, re.escape(str(file)) + not_sent.get(name, r":\d+:\d+: .+"))
                self.assertEqual(self.version(server), 1)
        self.assertEqual(server.nboctl("catalog", "publish", self.write("good.yaml", self.yaml)).code, 0)
        self.assertEqual(self.version(server), 2)

    def test_sighup_with_a_bad_file_keeps_the_old_version_and_with_a_good_one_activates_it(self):
        file = self.write("catalog.yaml", self.yaml)
        server = self.nbod(catalog_path=file)
        self.assertEqual(self.version(server), 1)
        refused = 'nbo_catalog_publications_total{result="refused"}'
        file.write_text(self.with_typo()[0])
        server.reload()
        self.wait_until(lambda: server.metric(refused) == 1, "the refusal is counted")
        self.wait_until(lambda: "version 1 stays" in server.log(), "the refusal is in the log")
        self.assert_points_at_the_typo(server.log(), "catalog.yaml")
        self.assertEqual(self.version(server), 1)
        self.assertEqual(self.offers(server)["catalog_version"], "1")
        file.write_text(self.yaml + "# another spring\n")
        server.reload()
        self.wait_until(lambda: self.version(server) == 2, "version 2")
        self.assertEqual(self.offers(server)["catalog_version"], "2")
        server.reload()
        self.wait_until(lambda: "unchanged" in server.log(), "an unchanged file is left alone")
        self.assertEqual(self.version(server), 2)
        file.unlink()
        server.reload()
        self.wait_until(lambda: "cannot read" in server.log(), "a missing file is in the log")
        self.assertEqual(self.version(server), 2)
        self.assertEqual(self.offers(server)["catalog_version"], "2")

    def test_the_catalog_and_its_history_outlive_a_restart(self):
        file = self.directory / "catalog.yaml"
        shutil.copy(data.CATALOG, file)
        server = self.nbod(catalog_path=file)
        second = self.write("second.yaml", self.yaml.replace("score_floor: 0", "score_floor: 0.01"))
        by = ["--author", "anna", "--note", "весна"]
        published = server.nboctl("catalog", "publish", second, *by, "--format", "json")
        self.assertEqual((published.code, published.json["version"]), (0, "2"))
        for end in (server.kill9, server.stop):
            end()
            server.start()
            self.assertEqual(self.version(server), 2, "the published one, not the file of --catalog-path")
            shown = server.nboctl("catalog", "show", "--format", "json").json
            self.assertEqual((shown["version"], shown["author"], shown["note"]), ("2", "anna", "весна"))
            self.assertEqual(shown["source"]["yaml"], second.read_text())
            self.assertEqual(server.nboctl("catalog", "show", "--version", "1", "--yaml").stdout, self.yaml)

    def test_without_a_catalog_the_server_answers_no_offers(self):
        server = self.nbod()
        answer = self.offers(server)
        self.assertEqual((answer["catalog_version"], answer["offers"]), ("0", []))
        self.assertEqual(server.nboctl("catalog", "show").code, 3)

    def test_a_server_whose_first_catalog_is_bad_does_not_start(self):
        server = self.prepare_nbod(catalog_path=self.write("catalog.yaml", self.with_typo()[0]))
        self.assertFalse(server.spawn().wait_ready())
        self.assertEqual(server.process.returncode, 1)
        self.assert_points_at_the_typo(server.log(), "catalog.yaml")

    def test_no_request_fails_while_a_catalog_is_published_fifty_times(self):
        server = self.nbod(catalog_path=data.CATALOG)
        server.nboctl(*data.sample().importing())
        stop = threading.Event()
        versions, problems = ([], []), []

        def ask(customer, seen):
            while not stop.is_set():
                who = ["--customer", customer, "--channel", "kiosk"]
                answer = server.nboctl("offers", "get", *who, "--format", "json")
                if answer.code != 0 or answer.json["tier"] != "ANSWER_TIER_FULL":
                    problems.append(answer)
                    return
                seen.append(int(answer.json["catalog_version"]))

        askers = [threading.Thread(target=ask, args=pair) for pair in zip(("67", "48"), versions)]
        for asker in askers:
            asker.start()
        try:
            files = [self.write(f"c{i}.yaml", self.yaml + f"# {i}\n") for i in (0, 1)]
            for i in range(50):
                answer = server.nboctl("catalog", "publish", files[i % 2], "--format", "json")
                self.assertEqual((answer.code, answer.json["version"]), (0, str(i + 2)), answer)
        finally:
            stop.set()
            for asker in askers:
                asker.join()
        self.assertEqual(problems, [])
        for seen in versions:
            self.assertEqual(seen, sorted(seen), "a version came back")
            self.assertGreater(len(set(seen)), 2, "the requests did not meet the publications")
        figure(f"offers answered during 50 publications: {sum(map(len, versions))}, none failed")
        self.assertEqual(self.version(server), 51)
