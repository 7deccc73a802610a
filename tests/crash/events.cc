#include "tests/crash/events.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nbo::crash {
namespace {

using Random = std::mt19937_64;

constexpr int64_t kNewest = 1'735'689'600;  // 2025-01-01: no receipt is later, and none depends on the clock
constexpr int64_t kSpan = int64_t{2} * 365 * 86'400;
// How far an event lies at most from the receipt that it corrects or takes back.
constexpr int64_t kAhead = 200, kBack = 3000;

enum class Role { kSale, kReturn, kCorrection, kLink, kUnlink, kMerge, kConsent, kAttributes };

// What kind of event a number is, decided by the number alone: so that events may refer to each other.
struct Plan {
  Role role = Role::kSale;
  bool spoiled = false;  // of a sale
  uint64_t target = 0;   // of a return and a correction
};

uint64_t Mix(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

uint64_t Dice(const EventShape& shape, uint64_t number, uint64_t what) {
  return Mix(Mix(shape.seed ^ (what << 56)) + number);
}

Role DrawRole(const EventShape& shape, uint64_t number) {
  const uint64_t dice = Dice(shape, number, 1) % 1000;
  if (dice < 740) return Role::kSale;
  if (dice < 850) return Role::kReturn;
  if (dice < 990) return Role::kCorrection;
  if (dice < 994) return Role::kLink;
  if (dice < 995) return Role::kUnlink;
  if (dice < 996) return Role::kMerge;
  return dice < 998 ? Role::kConsent : Role::kAttributes;
}

// An event near `number`, mostly one that was sent shortly before, sometimes one that comes later.
uint64_t DrawTarget(const EventShape& shape, uint64_t number) {
  const uint64_t kind = Dice(shape, number, 2) % 10, dice = Dice(shape, number, 3);
  const uint64_t back = 1 + dice % (kind < 6 ? 30 : kBack);
  return kind < 2 || back > number ? number + 1 + dice % kAhead : number - back;
}

Plan PlanOf(const EventShape& shape, uint64_t number) {
  Plan plan{DrawRole(shape, number)};
  if (plan.role == Role::kReturn || plan.role == Role::kCorrection) {
    plan.target = DrawTarget(shape, number);
    const Role target = DrawRole(shape, plan.target);
    // Only a correction may concern a return.
    if (target != Role::kSale && (target != Role::kReturn || plan.role == Role::kReturn)) plan.role = Role::kSale;
  }
  plan.spoiled = plan.role == Role::kSale && Dice(shape, number, 4) % 100 < 3;
  return plan;
}

Random RandomOf(const EventShape& shape, uint64_t number) {
  std::seed_seq seeds{shape.seed, shape.seed >> 32, number, number >> 32};
  return Random(seeds);
}
int64_t Below(Random* random, int64_t bound) {
  return static_cast<int64_t>((*random)() % static_cast<uint64_t>(bound));
}
bool Chance(Random* random, int percent) { return Below(random, 100) < percent; }

// A few customers shop much more than the rest, so that groups hold several receipts of one.
int DrawCustomer(const EventShape& shape, Random* random) {
  const int64_t one = Below(random, shape.customers), other = Below(random, shape.customers);
  return static_cast<int>(Chance(random, 50) ? one * other / shape.customers : one);
}

int DrawCard(const EventShape& shape, Random* random) { return static_cast<int>(Below(random, shape.cards)); }

void FillCustomer(const EventShape& shape, Random* random, v1::CustomerRef* customer) {
  if (Chance(random, 25)) {
    *customer->mutable_identity() = Card(DrawCard(shape, random));
  } else {
    customer->set_customer_id(CustomerId(DrawCustomer(shape, random)));
  }
}

void FillLine(bool back, Random* random, v1::PurchaseLine* line) {
  const int64_t product = Below(random, 500);
  line->set_product_id(absl::StrCat("p", product));
  const int64_t other = Chance(random, 10) ? 1 : 0;  // some products stand in two categories
  if (product % 10 != 0) line->set_category(absl::StrCat("category ", (product + other) % 40));
  const int64_t sign = back ? -1 : 1;
  line->set_quantity_milli(sign * (1 + Below(random, 3000)));
  line->set_amount_minor(sign * Below(random, 20'000));
  if (Chance(random, 30)) line->set_discount_minor(sign * Below(random, 500));
}

void FillLines(Random* random, v1::Purchase* purchase) {
  const bool returned = Chance(random, 8);  // goods taken back without naming their receipt
  for (int64_t lines = 1 + Below(random, 5); lines > 0; --lines) {
    v1::PurchaseLine* line = purchase->add_lines();
    FillLine(returned, random, line);
    if (purchase->lines_size() > 1 && Chance(random, 15)) line->set_product_id(purchase->lines(0).product_id());
  }
}

// No two numbers have one moment, and no receipt has one of these.
void FillStatementTime(uint64_t number, Random* random, google::protobuf::Timestamp* time) {
  time->set_seconds(kNewest - Below(random, kSpan));
  time->set_nanos(static_cast<int32_t>(1 + number % 999'999) * 1000);
}

// One of the ways in which a receipt can be wrong.
void Spoil(Random* random, v1::Purchase* purchase) {
  switch (Below(random, 8)) {
    case 0: purchase->clear_customer(); break;
    case 1: purchase->mutable_lines(0)->clear_product_id(); break;
    case 2: purchase->mutable_time()->set_seconds(purchase->time().seconds() + int64_t{30} * 365 * 86'400); break;
    case 3: purchase->set_receipt_id(std::string(65, 'r')); break;
    case 4: purchase->set_revision(-1); break;
    case 5: purchase->set_cancelled(true); break;  // with lines
    case 6: purchase->add_returns()->set_receipt_id(purchase->receipt_id()); break;
    default: purchase->clear_lines(); break;
  }
}

v1::Purchase MakeSale(const EventShape& shape, uint64_t number) {
  Random random = RandomOf(shape, number);
  v1::Purchase purchase;
  FillCustomer(shape, &random, purchase.mutable_customer());
  purchase.set_receipt_id(absl::StrCat("r", number));
  if (!Chance(&random, 10)) purchase.set_store_id(absl::StrCat("store ", Below(&random, 20)));
  // Tills send late: the order of arrival says nothing of the order in time.
  purchase.mutable_time()->set_seconds(kNewest - Below(&random, kSpan));
  if (Chance(&random, 50)) purchase.set_utc_offset_minutes(static_cast<int>(Below(&random, 25) - 12) * 60);
  purchase.set_channel(static_cast<v1::Channel>(Below(&random, 5)));
  FillLines(&random, &purchase);
  return purchase;
}

// Takes some of a receipt back: all, or parts of some lines, or what it never sold.
void FillReturn(const v1::Purchase& sale, Random* random, v1::PurchaseReturn* back) {
  back->set_store_id(sale.store_id());
  back->set_receipt_id(sale.receipt_id());
  back->set_whole(Chance(random, 25));
  if (back->whole()) return;
  const int64_t part = Chance(random, 50) ? 1 : 1 + Below(random, 3);
  for (const v1::PurchaseLine& sold : sale.lines()) {
    if (back->lines_size() > 0 && Chance(random, 40)) continue;
    v1::PurchaseLine* line = back->add_lines();
    line->set_product_id(sold.product_id());
    if (Chance(random, 50)) line->set_category(sold.category());
    line->set_quantity_milli(-std::abs(sold.quantity_milli()) / part);
    line->set_amount_minor(-std::abs(sold.amount_minor()) / part);
    line->set_discount_minor(-std::abs(sold.discount_minor()) / part);
  }
  if (Chance(random, 5)) FillLine(true, random, back->add_lines());
}

v1::Purchase MakeReturn(const EventShape& shape, uint64_t number, uint64_t target) {
  Random random = RandomOf(shape, number);
  const v1::Purchase sale = MakeSale(shape, target);
  v1::Purchase purchase;
  purchase.set_receipt_id(absl::StrCat("r", number));
  purchase.set_store_id(Chance(&random, 70) ? sale.store_id() : "store of returns");
  // Mostly the one who bought; else perhaps the same person, as a later statement will tell.
  *purchase.mutable_customer() = sale.customer();
  if (Chance(&random, 15)) FillCustomer(shape, &random, purchase.mutable_customer());
  purchase.mutable_time()->set_seconds(std::min(kNewest, sale.time().seconds() + Below(&random, 60 * 86'400)));
  purchase.set_channel(v1::CHANNEL_POS);
  FillReturn(sale, &random, purchase.add_returns());
  if (Chance(&random, 30)) FillLines(&random, &purchase);  // an exchange
  return purchase;
}

v1::Purchase MakeReceipt(const EventShape& shape, uint64_t number, const Plan& plan) {
  return plan.role == Role::kReturn ? MakeReturn(shape, number, plan.target) : MakeSale(shape, number);
}

v1::Purchase MakeCorrection(const EventShape& shape, uint64_t number, uint64_t target) {
  Random random = RandomOf(shape, number);
  v1::Purchase purchase = MakeReceipt(shape, target, PlanOf(shape, target));
  purchase.set_revision(RevisionOf(shape, number)->revision);
  if (Chance(&random, 25)) {
    purchase.set_cancelled(true);
    purchase.clear_lines();
    purchase.clear_returns();
    return purchase;
  }
  if (Chance(&random, 20)) purchase.set_utc_offset_minutes(static_cast<int>(Below(&random, 25) - 12) * 60);
  if (Chance(&random, 30)) purchase.set_channel(static_cast<v1::Channel>(Below(&random, 5)));
  for (v1::PurchaseLine& line : *purchase.mutable_lines()) {
    if (Chance(&random, 50)) line.set_amount_minor(line.amount_minor() / 2);
    if (Chance(&random, 20)) line.set_quantity_milli(-line.quantity_milli());
  }
  if (Chance(&random, 30)) FillLine(false, &random, purchase.add_lines());
  if (Chance(&random, 20) && purchase.lines_size() > 0) purchase.clear_returns();
  return purchase;
}

// Each customer has one whom the merge makes them a part of, with a higher number: no circles, and no order matters.
v1::MergeCustomersRequest MakeMerge(const EventShape& shape, Random* random) {
  const int absorbed = static_cast<int>(Below(random, shape.customers / 4)) * 4 % (shape.customers - 1);
  const uint64_t above =
      Dice(shape, static_cast<uint64_t>(absorbed), 5) % static_cast<uint64_t>(shape.customers - 1 - absorbed);
  v1::MergeCustomersRequest merge;
  merge.set_absorbed_customer_id(CustomerId(absorbed));
  merge.set_surviving_customer_id(CustomerId(absorbed + 1 + static_cast<int>(above)));
  return merge;
}

v1::LinkIdentityRequest MakeLink(const EventShape& shape, uint64_t number, Random* random) {
  v1::LinkIdentityRequest link;
  *link.mutable_identity() = Card(DrawCard(shape, random));
  link.set_customer_id(CustomerId(static_cast<int>(Below(random, shape.customers))));
  FillStatementTime(number, random, link.mutable_time());
  return link;
}

v1::UnlinkIdentityRequest MakeUnlink(const EventShape& shape, uint64_t number, Random* random) {
  v1::UnlinkIdentityRequest unlink;
  *unlink.mutable_identity() = Card(DrawCard(shape, random));
  FillStatementTime(number, random, unlink.mutable_time());
  return unlink;
}

// By customer id only: an identity is taken as it is linked at the moment of arrival.
v1::RecordConsentRequest MakeConsent(const EventShape& shape, uint64_t number, Random* random) {
  v1::RecordConsentRequest consent;
  consent.mutable_customer()->set_customer_id(CustomerId(DrawCustomer(shape, random)));
  consent.set_channel(static_cast<v1::Channel>(v1::CHANNEL_EMAIL + Below(random, 4)));
  consent.set_granted(Chance(random, 60));
  FillStatementTime(number, random, consent.mutable_time());
  consent.set_source("crash harness");
  return consent;
}

// Few keys: statements about one meet, and nobody has too many.
v1::RecordAttributesRequest MakeAttributes(const EventShape& shape, uint64_t number, Random* random) {
  v1::RecordAttributesRequest attributes;
  attributes.mutable_customer()->set_customer_id(CustomerId(DrawCustomer(shape, random)));
  const std::string key = absl::StrCat("key", Below(random, 5)), other = absl::StrCat("other", Below(random, 5));
  if (Chance(random, 70)) {
    (*attributes.mutable_attributes())[key] = absl::StrCat(Below(random, 3));
  } else {
    attributes.add_removed_keys(key);
  }
  (*attributes.mutable_attributes())[other] = absl::StrCat(number);
  FillStatementTime(number, random, attributes.mutable_time());
  attributes.set_source("crash harness");
  return attributes;
}

}  // namespace

std::string CustomerId(int customer) { return absl::StrFormat("c%06d", customer); }

v1::Identity Card(int card) {
  v1::Identity identity;
  identity.set_type(v1::IDENTITY_TYPE_LOYALTY_CARD);
  identity.set_value(absl::StrFormat("%08d", card));
  return identity;
}

std::optional<Revision> RevisionOf(const EventShape& shape, uint64_t number) {
  const Plan plan = PlanOf(shape, number);
  if (plan.role == Role::kSale && plan.spoiled) return std::nullopt;
  if (plan.role == Role::kSale || plan.role == Role::kReturn) return Revision{number, 0};
  if (plan.role != Role::kCorrection) return std::nullopt;
  // Positive, and no two corrections of one receipt have the same.
  return Revision{plan.target,
                  static_cast<int32_t>(static_cast<int64_t>(number) + kAhead + 1 - static_cast<int64_t>(plan.target))};
}

Event MakeEvent(const EventShape& shape, uint64_t number) {
  const Plan plan = PlanOf(shape, number);
  Random random = RandomOf(shape, ~number);
  Event event;
  switch (plan.role) {
    case Role::kLink: event.what = MakeLink(shape, number, &random); return event;
    case Role::kUnlink: event.what = MakeUnlink(shape, number, &random); return event;
    case Role::kMerge: event.what = MakeMerge(shape, &random); return event;
    case Role::kConsent: event.what = MakeConsent(shape, number, &random); return event;
    case Role::kAttributes: event.what = MakeAttributes(shape, number, &random); return event;
    case Role::kCorrection: event.what = MakeCorrection(shape, number, plan.target); return event;
    case Role::kSale:
    case Role::kReturn: break;
  }
  v1::Purchase purchase = MakeReceipt(shape, number, plan);
  if (plan.spoiled) {
    event.expected = Expected::kRefused;
    Spoil(&random, &purchase);
  }
  event.what = std::move(purchase);
  return event;
}

Event MakeConflict(const EventShape& shape, uint64_t number) {
  Event event = MakeEvent(shape, number);
  auto& purchase = std::get<v1::Purchase>(event.what);
  if (purchase.lines_size() > 0) {
    v1::PurchaseLine* line = purchase.mutable_lines(0);
    line->set_amount_minor(line->amount_minor() + 1);
  } else {
    purchase.set_channel(static_cast<v1::Channel>(purchase.channel() + 1));
  }
  return event;
}

}  // namespace nbo::crash
