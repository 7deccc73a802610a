"""The data sets, and how each is given to nboctl."""

import csv
import lzma
import os
import pathlib
import unittest
from typing import NamedTuple

from harness import ROOT

SAMPLE = ROOT / "deploy" / "sample"
CATALOG = SAMPLE / "catalog.yaml"
# The moment the sample is looked at: the day after its last receipt.
SAMPLE_NOW = "2018-01-01T12:00:00Z"

_JOURNEY_COLUMNS = [
    "--columns", "customer_id=household_id,receipt_id=basket_id,time=transaction_timestamp,amount=sales_value",
    "--columns", "discount=retail_disc+coupon_disc+coupon_match_disc",
    "--set", "channel=pos",
    "--product-columns", "category=product_category",
]  # fmt: skip
_RETAIL_COLUMNS = [
    "--time-zone", "Europe/London",
    "--columns", "receipt_id=InvoiceNo,customer_id=CustomerID,time=InvoiceDate,product_id=StockCode",
    "--columns", "quantity=Quantity,unit_price=UnitPrice",
    "--set", "channel=web",
]  # fmt: skip


class DataSet(NamedTuple):
    name: str
    transactions: pathlib.Path
    products: pathlib.Path  # None: no product table
    customer_column: str
    import_args: list

    def rows(self):
        """The lines of the file as dictionaries of texts."""
        with open(self.transactions, newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)

    def categories(self) -> dict:
        with open(self.products, newline="", encoding="utf-8") as file:
            return {row["product_id"]: row["product_category"] for row in csv.DictReader(file)}

    def customers(self) -> list:
        """Every customer named, each once, in order."""
        return sorted({row[self.customer_column] for row in self.rows()} - {""})

    def importing(self, *more: str) -> list:
        """Arguments of nboctl for an import of the whole file."""
        products = ["--products", str(self.products)] if self.products else []
        fixed = ["import", "purchases", str(self.transactions), *products, *self.import_args]
        return [*fixed, "--quiet", "--format", "json", *more]


def shared_folder() -> pathlib.Path:
    given = os.environ.get("NBO_SHARED_DATA")
    return pathlib.Path(given) if given else ROOT.parent / "shared" / "data"


def _unpacked(name: str, directory: pathlib.Path) -> pathlib.Path:
    source = shared_folder() / (name + ".xz")
    if not source.exists():
        raise unittest.SkipTest(f"{source} is not here (NBO_SHARED_DATA names another folder)")
    target = directory / pathlib.Path(name).name
    with lzma.open(source) as packed, open(target, "wb") as plain:
        while chunk := packed.read(1 << 20):
            plain.write(chunk)
    return target


def sample() -> DataSet:
    return DataSet("sample", SAMPLE / "transactions.csv", SAMPLE / "products.csv", "household_id", _JOURNEY_COLUMNS)


def complete_journey(directory: pathlib.Path) -> DataSet:
    """Unpacked into `directory`; SkipTest where the larger sets are missing."""
    transactions = _unpacked("completejourney/transactions_sample.csv", directory)
    products = _unpacked("completejourney/products.csv", directory)
    return DataSet("completejourney", transactions, products, "household_id", _JOURNEY_COLUMNS)


def online_retail(directory: pathlib.Path) -> DataSet:
    """Unpacked into `directory`; SkipTest where the larger sets are missing."""
    transactions = _unpacked("online_retail/online_retail.csv", directory)
    return DataSet("online_retail", transactions, None, "CustomerID", _RETAIL_COLUMNS)


def largest_journey(directory: pathlib.Path) -> DataSet:
    """completejourney; where it is missing, the sample over and over: an import that takes a while."""
    try:
        return complete_journey(directory)
    except unittest.SkipTest:
        return _repeated(sample(), 16, directory)


def _repeated(dataset: DataSet, times: int, directory: pathlib.Path) -> DataSet:
    """Every line again and again, each time on another receipt of the same customer."""
    target = directory / "repeated.csv"
    rows = list(dataset.rows())
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for time in range(times):
            for row in rows:
                writer.writerow({**row, "basket_id": f"{row['basket_id']}x{time}"})
    return dataset._replace(name=f"{dataset.name} {times} times", transactions=target)


def rfm_orders(directory: pathlib.Path) -> pathlib.Path:
    """4,906 orders of 995 customers, unpacked into `directory`; SkipTest where the larger sets are missing."""
    return _unpacked("rfm_orders/rfm_data_orders.csv", directory)


def rfm_expected() -> pathlib.Path:
    """The table published for them as of 2006-12-31."""
    path = shared_folder() / "rfm_orders" / "expected_rfm_table_995.csv"
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not here (NBO_SHARED_DATA names another folder)")
    return path
