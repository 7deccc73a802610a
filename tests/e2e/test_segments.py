"""RFM scores and segments equal the table published for the R package rfm, through the whole system."""

import csv
import datetime
import re
import unittest

import data
from harness import E2eTest, figure

AS_OF = "2006-12-31T12:00:00Z"
TITLES = {"mr", "mrs", "ms", "miss", "dr", "phd", "dds", "dvm", "md", "jr", "sr", "i", "ii", "iii", "iv", "v"}

# Published with the package for the same orders: customers, orders, revenue.
PUBLISHED_SIZES = {
    "Champions": (35, 316, 31646),
    "Potential Loyalist": (342, 2211, 204856),
    "Loyal Customers": (170, 799, 76562),
    "Promising": (9, 28, 4249),
    "New Customers": (104, 329, 28837),
    "Can't Lose Them": (47, 274, 32446),
    "At Risk": (28, 216, 22227),
    "Need Attention": (10, 57, 4562),
    "About To Sleep": (102, 283, 23449),
    "Lost": (148, 393, 35324),
    "Others": (0, 0, 0),
}

ONE_OFFER = """catalog: segments
currency: USD
default_locale: en
score: "1.0"
offers:
  - id: to-champions
    name: For champions
    kind: gift
    value: 1
    cost: 0
    propensity: 1
    eligibility: customer.rfm_segment == "champions" && customer.recency_score == 5
    treatments:
      - {channel: POS, locale: en, script: Thank you}
"""


def plain(name: str) -> str:
    """A name without titles and generations: the orders lack them."""
    return " ".join(word for word in name.lower().split() if word.rstrip(".") not in TITLES)


class PublishedTableTest(E2eTest):
    def importing(self, server) -> list:
        """Imports the orders as receipts and gives their customers."""
        rows = list(csv.DictReader(open(data.rfm_orders(self.directory), newline="", encoding="utf-8")))
        lines = ["receipt_id,customer_id,time,product_id,amount"]
        # The orders carry no number: their place in the file is one.
        lines += [
            f"order-{i},{row['customer_id']},{row['order_date']},order,{row['revenue']}" for i, row in enumerate(rows, 1)
        ]
        orders = self.write("receipts.csv", "\n".join(lines) + "\n")
        imported = server.nboctl("import", "purchases", orders, "--set", "channel=web", "--quiet", "--format", "json")
        self.assertEqual(imported.code, 0, imported.stderr)
        return sorted({row["customer_id"] for row in rows})

    def check_table(self, server, customers, published):
        """All rows: recency, orders, amount, the three scores and the segment."""
        names = {size["segment_id"]: size["name"] for size in server.nboctl("segments", "--format", "json").json["segments"]}
        profiles = server.profiles(customers, "--as-of", AS_OF)
        for customer in customers:
            profile, wanted = profiles[customer], published[plain(customer)]
            lifetime = profile["windows"][-1]
            actual = {
                "recency_days": profile["recency_days"],
                "orders": int(lifetime["frequency"]),
                "amount": int(lifetime["revenue_minor"]) / 100,
                "recency_score": profile["recency_score"],
                "frequency_score": profile["frequency_score"],
                "monetary_score": profile["monetary_score"],
                "segment": names[profile["rfm_segment"]],
            }
            expected = {key: wanted[key] if key == "segment" else int(wanted[key]) for key in actual}
            self.assertEqual(actual, expected, customer)

    def sizes(self, report) -> dict:
        return {
            size["name"]: (int(size["customer_count"]), int(size["order_count"]), int(size["revenue_minor"]) / 100)
            for size in report["segments"]
        }

    def test_every_row_and_every_segment_size_of_the_published_table_is_reproduced(self):
        with open(data.rfm_expected(), newline="", encoding="utf-8") as file:
            published = {plain(row["customer_id"]): row for row in csv.DictReader(file)}
        self.assertEqual(len(published), 995)
        server = self.nbod()
        customers = self.importing(server)
        self.assertEqual(len(customers), 995)
        self.assertEqual(server.nboctl("segments").code, 3, "nothing before the first refresh")

        refreshed = server.nboctl("segments", "--refresh", "--as-of", AS_OF, "--format", "json")
        self.assertEqual(refreshed.code, 0, refreshed.stderr)
        population = refreshed.json["population"]
        self.assertEqual(population["as_of_day"], "2006-12-31")
        self.assertEqual(int(population["customer_count"]), 995)
        self.assertEqual(population["recency_days_bounds"], [115, 181, 297.4, 482])
        self.assertEqual(population["frequency_bounds"], [4, 5, 6, 8])
        self.assertEqual(population["revenue_minor_bounds"], [25580, 38200, 50640, 66600])
        self.assertEqual(self.sizes(refreshed.json), PUBLISHED_SIZES)
        self.check_table(server, customers, published)
        figure(f"segments: {len(customers)} rows and {len(PUBLISHED_SIZES) - 1} sizes equal the published ones")

        with self.subTest("rules see them"):
            catalog = self.write("catalog.yaml", ONE_OFFER)
            self.assertEqual(server.nboctl("catalog", "publish", catalog).code, 0)
            for customer in customers[::20]:
                answer = server.nboctl(
                    "offers", "get", "--customer", customer, "--channel", "pos", "--as-of", AS_OF, "--format", "json"
                )
                champion = published[plain(customer)]["segment"] == "Champions"
                self.assertEqual(len(answer.json["offers"]), int(champion), customer)
        with self.subTest("kept over a loss of the process"):
            server.kill9()
            server.start()
            again = server.nboctl("segments", "--format", "json").json
            self.assertEqual(again["population"], population)
            self.assertEqual(self.sizes(again), PUBLISHED_SIZES)
            self.check_table(server, customers[:50], published)
        with self.subTest("people can read it"):
            text = server.nboctl("segments").stdout
            self.assertRegex(text, r"(?m)^Champions +champions +5 +5 +5 +35 +316 +31646\.00 +3\.5 %$")
            self.assertRegex(text, r"(?m)^recency, days +115\.0 +181\.0 +297\.4 +482\.0$")


class RefreshTest(E2eTest):
    def purchase(self, server, customer: str, amount: int):
        rows = f"receipt_id,customer_id,time,product_id,amount\nr1,{customer},2024-01-02,milk,{amount}\n"
        path = self.write(f"{customer}.csv", rows)
        self.assertEqual(server.nboctl("import", "purchases", path, "--quiet").code, 0)

    def test_a_server_refreshes_by_itself_and_on_demand(self):
        server = self.nbod()
        self.purchase(server, "anna", 10)
        self.assertEqual(server.stop(), 0)
        server.flags["population_refresh_minutes"] = 1440
        server.start()
        first = self.wait_until(
            lambda: server.nboctl("segments", "--format", "json").json, "the first refresh by itself"
        )
        self.assertEqual(first["population"]["customer_count"], "1")
        self.assertEqual(first["population"]["as_of_day"], f"{datetime.datetime.utcnow():%Y-%m-%d}")
        self.purchase(server, "bert", 20)
        second = server.nboctl("segments", "--refresh", "--format", "json").json
        self.assertEqual(second["population"]["customer_count"], "2", "a refresh sees what was acknowledged before it")
        metrics = server.metrics()
        self.assertEqual(metrics['nbo_population_refreshes_total{result="ok"}'], 2)
        self.assertEqual(metrics["nbo_population_customers"], 2)
        self.assertGreater(metrics["nbo_population_last_success_timestamp_seconds"], 1_700_000_000)

    def test_another_moment_is_refused_without_replay(self):
        server = self.nbod(replay_enabled="false")
        answer = server.nboctl("segments", "--refresh", "--as-of", AS_OF)
        self.assertEqual(answer.code, 1)
        self.assertTrue(re.search("as_of: refused", answer.stderr), answer.stderr)


class NamesTest(unittest.TestCase):
    def test_drops_titles_only(self):
        self.assertEqual(plain("Mr. Brion Stark Sr."), "brion stark")
        self.assertEqual(plain("Dr. Kloe Parker DVM"), "kloe parker")
        self.assertEqual(plain("Ira Mills III"), "ira mills")
