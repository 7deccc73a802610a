"""The features that nbo shows equal an independent computation over the CSV files."""

import datetime
import random
import unittest

import data
import reference
from harness import E2eTest, Settings, figure

TODAY = datetime.date(2018, 1, 1)
CHOSEN = 200


class FeaturesTest(E2eTest):
    def check(self, dataset):
        """Imports everything unmoved (UTC) and compares up to 200 random customers in every feature."""
        server = self.nbod()
        imported = server.nboctl(*dataset.importing())
        self.assertEqual(imported.code, 0, imported.stderr)
        expected = reference.journey_receipts(dataset)
        customers = dataset.customers()
        self.assertEqual(sorted(expected), customers)
        chosen = random.Random(Settings.seed).sample(customers, min(CHOSEN, len(customers)))
        figure(f"features: {len(chosen)} of {len(customers)} households of {dataset.name}, seed {Settings.seed}")
        profiles = server.profiles(chosen, "--as-of", data.SAMPLE_NOW)
        for customer in chosen:
            with self.subTest(customer=customer, seed=Settings.seed):
                self.compare(profiles[customer], reference.features(expected[customer], TODAY))

    def test_windows_recency_and_averages_hold_in_the_middle_of_the_year(self):
        """As of a day with later receipts. Lifetime figures cannot leave those out and are not compared."""
        dataset = data.sample()
        server = self.nbod()
        server.nboctl(*dataset.importing())
        expected = reference.journey_receipts(dataset)
        for today in (datetime.date(2017, 3, 31), datetime.date(2017, 8, 1), datetime.date(2017, 12, 30)):
            profiles = server.profiles(expected, "--as-of", f"{today}T23:59:59Z")
            for customer, receipts in expected.items():
                past = reference.features([receipt for receipt in receipts if receipt.day <= today], today)
                actual = reference.normalized(profiles[customer])
                names = ("recency_days", "tenure_days")
                self.assertEqual([actual.get(n) for n in names], [past.get(n) for n in names], f"{customer} {today}")
                self.assertEqual(actual["windows"][:-1], past["windows"][:-1], f"{customer} {today}")

    def compare(self, profile, expected):
        actual = reference.normalized(profile)
        self.assertEqual(list(actual["categories"]), self.by_revenue(actual["categories"]))
        self.assertEqual(sorted(actual["categories"]), sorted(expected["categories"]))
        for name, category in expected["categories"].items():
            self.assertAlmostEqual(actual["categories"][name].pop("share"), category.pop("share"), places=12, msg=name)
        self.assertAlmostEqual(actual.pop("discount_share", -1), expected.pop("discount_share", -1), places=12)
        self.assertEqual(actual, expected)
        visits = expected["windows"][-1]["frequency"]
        channels = [{"channel": "CHANNEL_POS", "visits": str(visits), "share": 1}] if visits else []
        self.assertEqual(profile["channels"], channels)

    def by_revenue(self, categories):
        """Names, largest revenue first; equals as they stand."""
        return sorted(categories, key=lambda name: -categories[name]["revenue_minor"])

    def test_all_households_of_the_sample_equal_an_independent_computation(self):
        self.check(data.sample())

    def test_random_households_of_completejourney_equal_an_independent_computation(self):
        self.check(data.complete_journey(self.directory))


class ReferenceTest(unittest.TestCase):
    """The computation that the others lean on, by hand."""

    def test_rounds_half_away_from_zero(self):
        for text, units in (("2.005", 201), ("-2.005", -201), ("2.0049", 200), ("4.440892e-16", 0), ("0.005", 1)):
            self.assertEqual(reference.to_units(reference.Decimal(text), 2), units, text)
        self.assertEqual([reference.divide_half_away(a, 2) for a in (3, -3, 2, -1, 0)], [2, -2, 1, -1, 0])

    def test_counts_a_window_of_n_days_as_today_and_the_n_minus_1_before(self):
        receipts = []
        for days_ago in (0, 6, 7, 29, 30):
            receipt = reference.Receipt("s")
            day = TODAY - datetime.timedelta(days=days_ago)
            receipt.add(f"{day} 23:59:59", reference.Line("", 1000, 100, 0))
            receipts.append(receipt)
        frequencies = [window["frequency"] for window in reference.features(receipts, TODAY)["windows"]]
        self.assertEqual(frequencies, [2, 4, 5, 5, 5, 5])
