"""Receipts and features computed from the CSV files alone, in plain Python: what nbo must agree with.

Money and quantities are exact decimals. Each line is rounded once, half away from zero, to minor units (amounts,
discounts) or thousandths (quantities), as nboctl documents; everything after that is integer arithmetic. The rule
"a line counts as bought" looks at the rounded values, since these are what the API carries: a line of quantity 0 and
amount 4.440892e-16 (there is one in completejourney) is worth 0.00 and makes no visit.
"""

import datetime
import decimal
from collections import defaultdict
from typing import NamedTuple, Optional

decimal.getcontext().prec = 60  # no sum or product here comes near
Decimal = decimal.Decimal

WINDOWS = (7, 30, 90, 180, 365)


def to_units(number: Decimal, digits: int) -> int:
    return int(number.scaleb(digits).quantize(Decimal(1), rounding=decimal.ROUND_HALF_UP))


def divide_half_away(a: int, b: int) -> int:
    """a / b for b > 0, rounded half away from zero."""
    quotient = (2 * abs(a) + b) // (2 * b)
    return quotient if a >= 0 else -quotient


class Line(NamedTuple):
    category: str
    quantity_milli: int
    amount_minor: int
    discount_minor: int

    @property
    def bought(self) -> bool:
        return self.quantity_milli > 0 or self.amount_minor > 0


class Receipt:
    def __init__(self, store: str):
        self.store = store
        self.time: Optional[datetime.datetime] = None
        self.lines: list = []

    def add(self, time: str, line: Line) -> None:
        when = datetime.datetime.fromisoformat(time)
        self.time = when if self.time is None else min(self.time, when)
        self.lines.append(line)

    @property
    def day(self) -> datetime.date:
        return self.time.date()

    @property
    def visit(self) -> bool:
        return any(line.bought for line in self.lines)

    @property
    def revenue(self) -> int:
        return sum(line.amount_minor for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount_minor for line in self.lines)


def journey_receipts(data) -> dict:
    """Receipts of the sample or of completejourney by customer."""
    categories = data.categories()
    receipts = defaultdict(dict)
    for row in data.rows():
        key = row["store_id"], row["basket_id"]
        receipt = receipts[row["household_id"]].setdefault(key, Receipt(row["store_id"]))
        discount = sum(Decimal(row[name]) for name in ("retail_disc", "coupon_disc", "coupon_match_disc"))
        receipt.add(
            row["transaction_timestamp"],
            Line(
                categories.get(row["product_id"], ""),
                to_units(Decimal(row["quantity"]), 3),
                to_units(Decimal(row["sales_value"]), 2),
                to_units(discount, 2),
            ),
        )
    return {customer: list(found.values()) for customer, found in receipts.items()}


def retail_receipts(data) -> dict:
    """Receipts of online_retail by customer; lines without a customer are left out."""
    receipts = defaultdict(dict)
    for row in data.rows():
        if not row["CustomerID"]:
            continue
        receipt = receipts[row["CustomerID"]].setdefault(row["InvoiceNo"], Receipt(""))
        quantity = Decimal(row["Quantity"])
        amount = to_units(quantity * Decimal(row["UnitPrice"]), 2)
        receipt.add(row["InvoiceDate"], Line("", to_units(quantity, 3), amount, 0))
    return {customer: list(found.values()) for customer, found in receipts.items()}


def _window(days: int, receipts: list) -> dict:
    visits = sum(receipt.visit for receipt in receipts)
    revenue = sum(receipt.revenue for receipt in receipts)
    window = {
        "window_days": days,
        "frequency": visits,
        "revenue_minor": revenue,
        "discount_minor": sum(receipt.discount for receipt in receipts),
    }
    if visits:
        window["average_ticket_minor"] = divide_half_away(revenue, visits)
    return window


def _categories(receipts: list, today: datetime.date, revenue: int) -> dict:
    found = {}
    for receipt in receipts:
        for name in {line.category for line in receipt.lines} - {""}:
            lines = [line for line in receipt.lines if line.category == name]
            entry = found.setdefault(name, {"visits": 0, "revenue_minor": 0, "last": None})
            entry["revenue_minor"] += sum(line.amount_minor for line in lines)
            if any(line.bought for line in lines):
                entry["visits"] += 1
                entry["last"] = max(entry["last"] or receipt.day, receipt.day)
    # A category of which nothing was bought and nothing paid says nothing; no profile lists it.
    found = {name: entry for name, entry in found.items() if entry["visits"] or entry["revenue_minor"]}
    for entry in found.values():
        entry["share"] = entry["revenue_minor"] / revenue if revenue > 0 else 0.0
        last = entry.pop("last")
        if last is not None:
            entry["days_since_purchase"] = (today - last).days
    return found


def _usual_store(visits: list) -> str:
    """Most visits, then the latest, then the smallest id."""
    stores = defaultdict(list)
    for receipt in visits:
        if receipt.store:
            stores[receipt.store].append(receipt.day)
    return min(stores, key=lambda store: (-len(stores[store]), -max(stores[store]).toordinal(), store), default="")


def features(receipts: list, today: datetime.date) -> dict:
    """All features of one customer whose receipts all lie on or before `today`, in the shape of `normalized`."""
    visits = [receipt for receipt in receipts if receipt.visit]
    windows = []
    for days in WINDOWS:
        first = today - datetime.timedelta(days=days - 1)
        windows.append(_window(days, [receipt for receipt in receipts if first <= receipt.day <= today]))
    life = _window(0, receipts)
    result = {
        "windows": windows + [life],
        "categories": _categories(receipts, today, life["revenue_minor"]),
        "usual_store_id": _usual_store(visits),
    }
    if visits:
        result["recency_days"] = (today - max(receipt.day for receipt in visits)).days
        result["tenure_days"] = (today - min(receipt.day for receipt in visits)).days
    gross = life["revenue_minor"] + life["discount_minor"]
    if gross > 0:
        result["discount_share"] = life["discount_minor"] / gross
    return result


def normalized(profile: dict) -> dict:
    """A profile as nboctl prints it, in the shape of `features`: protobuf's JSON writes 64-bit integers as texts."""
    result = {name: profile[name] for name in ("recency_days", "tenure_days", "discount_share") if name in profile}
    result["usual_store_id"] = profile["usual_store_id"]
    result["windows"] = [{name: int(value) for name, value in window.items()} for window in profile["windows"]]
    result["categories"] = {}
    for category in profile["categories"]:
        entry = {name: int(category[name]) for name in ("visits", "revenue_minor")}
        entry["share"] = category["share"]
        if "days_since_purchase" in category:
            entry["days_since_purchase"] = category["days_since_purchase"]
        result["categories"][category["category"]] = entry
    return result
