#include "tests/crash/events.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nbo::crash {
namespace {

using Random = std::mt19937_64;

constexpr int64_t kNewest = 1'735'689'600;  // 2025-01-01: no receipt is later, and none depends on the clock

int64_t Below(Random* random, int64_t bound) {
  return static_cast<int64_t>((*random)() % static_cast<uint64_t>(bound));
}
bool Chance(Random* random, int percent) { return Below(random, 100) < percent; }

// A few customers shop much more than the rest, so that groups hold several receipts of one.
int DrawCustomer(const EventShape& shape, Random* random) {
  const int64_t one = Below(random, shape.customers), other = Below(random, shape.customers);
  return static_cast<int>(Chance(random, 50) ? one * other / shape.customers : one);
}

void FillLine(bool back, Random* random, v1::PurchaseLine* line) {
  const int64_t product = Below(random, 500);
  line->set_product_id(absl::StrCat("p", product));
  if (product % 10 != 0) line->set_category(absl::StrCat("category ", product % 40));
  const int64_t sign = back ? -1 : 1;
  line->set_quantity_milli(sign * (1 + Below(random, 3000)));
  line->set_amount_minor(sign * Below(random, 20'000));
  if (Chance(random, 30)) line->set_discount_minor(sign * Below(random, 500));
}

// One of the ways in which a receipt can be wrong.
void Spoil(Random* random, v1::Purchase* purchase) {
  switch (Below(random, 5)) {
    case 0: purchase->clear_customer(); break;
    case 1: purchase->mutable_lines(0)->clear_product_id(); break;
    case 2: purchase->mutable_time()->set_seconds(purchase->time().seconds() + int64_t{30} * 365 * 86'400); break;
    case 3: purchase->set_receipt_id(std::string(65, 'r')); break;
    default: purchase->clear_lines(); break;
  }
}

}  // namespace

std::string CustomerId(int customer) { return absl::StrFormat("c%06d", customer); }

Event MakeEvent(const EventShape& shape, uint64_t number) {
  std::seed_seq seeds{shape.seed, shape.seed >> 32, number, number >> 32};
  Random random(seeds);
  Event event;
  v1::Purchase& purchase = event.purchase;
  purchase.mutable_customer()->set_customer_id(CustomerId(DrawCustomer(shape, &random)));
  purchase.set_receipt_id(absl::StrCat("r", number));
  if (!Chance(&random, 10)) purchase.set_store_id(absl::StrCat("store ", Below(&random, 20)));
  // Tills send late: the order of arrival says nothing of the order in time.
  purchase.mutable_time()->set_seconds(kNewest - Below(&random, int64_t{2} * 365 * 86'400));
  if (Chance(&random, 50)) purchase.set_utc_offset_minutes(static_cast<int>(Below(&random, 25) - 12) * 60);
  purchase.set_channel(static_cast<v1::Channel>(Below(&random, 5)));
  const bool returned = Chance(&random, 8);  // a return without a receipt
  for (int64_t lines = 1 + Below(&random, 5); lines > 0; --lines) FillLine(returned, &random, purchase.add_lines());
  if (Chance(&random, 2)) {
    event.expected = Expected::kRefused;
    Spoil(&random, &purchase);
  }
  return event;
}

Event MakeConflict(const EventShape& shape, uint64_t number) {
  Event event = MakeEvent(shape, number);
  v1::PurchaseLine* line = event.purchase.mutable_lines(0);
  line->set_amount_minor(line->amount_minor() + 1);
  return event;
}

void ExpectedTotals::Add(const Event& event) {
  Totals& totals = totals_[event.purchase.customer().customer_id()];
  bool bought = false;
  for (const v1::PurchaseLine& line : event.purchase.lines()) {
    totals.revenue_minor += line.amount_minor();
    bought |= line.quantity_milli() > 0 || line.amount_minor() > 0;
  }
  totals.visits += bought ? 1 : 0;
}

}  // namespace nbo::crash
