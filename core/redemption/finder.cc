#include "core/redemption/finder.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "core/base/hash.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

constexpr int64_t kDayUs = int64_t{24} * 3600 * 1'000'000;
const int64_t kToleranceUs = absl::ToInt64Microseconds(kTillClockTolerance);

// How a purchase lies to a presentation.
enum class Touch { kNone, kWithinTolerance, kAfter };

Touch TouchAt(const Contact& contact, int64_t time_us) {
  if (!contact.presented() || contact.attribution_days <= 0) return Touch::kNone;
  if (time_us >= contact.present_us) {
    return time_us - contact.present_us < contact.attribution_days * kDayUs ? Touch::kAfter : Touch::kNone;
  }
  const bool at_till = contact.channel == Channel::kPos || contact.channel == Channel::kKiosk;
  return at_till && contact.present_us - time_us <= kToleranceUs ? Touch::kWithinTolerance : Touch::kNone;
}

// Whether the purchase would tell something new of the contact.
bool IsOpen(const Contact& contact, int64_t time_us) {
  return std::max(time_us, contact.present_us) < contact.redeem_us;
}

// Of the contacts of one offer, the one that a purchase speaks of.
struct LastTouch {
  const Contact* contact = nullptr;
  Touch touch = Touch::kNone;

  void Offer(const Contact& other, Touch other_touch) {
    const auto rank = [](const Contact& c, Touch t) {
      // Told after the purchase, the nearest was meant.
      const int64_t present_us = t == Touch::kAfter ? c.present_us : -c.present_us;
      return std::make_tuple(t, present_us, c.decision, c.rank);
    };
    if (contact != nullptr && rank(other, other_touch) < rank(*contact, touch)) return;
    contact = &other;
    touch = other_touch;
  }
};

struct Bought {
  bool any = false;
  int64_t price_minor = 0;
  int64_t discount_minor = 0;

  void Add(const Purchased::Product& product) {
    any = true;
    price_minor += product.price_minor;
    discount_minor += product.discount_minor;
  }
};

bool IsTarget(const Offer& offer, const Purchased::Product& product) {
  if (!offer.product_keys.empty()) {
    return std::binary_search(offer.product_keys.begin(), offer.product_keys.end(), product.product);
  }
  const std::vector<uint64_t>& keys = offer.category_keys;
  return product.category != 0 && std::find(keys.begin(), keys.end(), product.category) != keys.end();
}

// True if the purchase redeems the offer; then sets how, and what it can have cost at most.
bool Redeems(const Purchased& purchased, const Offer& offer, Redemption* redemption) {
  const std::vector<std::string>& codes = purchased.coupon_codes;
  const bool has_coupon = !offer.coupon_code.empty();
  const bool by_coupon = has_coupon && std::find(codes.begin(), codes.end(), offer.coupon_code) != codes.end();
  Bought targets, all;
  for (const Purchased::Product& product : purchased.products) {
    all.Add(product);
    if (IsTarget(offer, product)) targets.Add(product);
  }
  if (!by_coupon && !targets.any) return false;
  redemption->by = by_coupon ? RedeemedBy::kCoupon : RedeemedBy::kTargets;
  int64_t& most_minor = redemption->most_minor;
  if (offer.kind == OfferKind::kDiscount) most_minor = targets.any ? targets.price_minor : all.price_minor;
  if (has_coupon && !by_coupon) most_minor = std::min(most_minor, targets.discount_minor);
  return true;
}

// What became of one product of a receipt, as in core/profile/record.cc.
struct Balance {
  uint64_t category = 0;
  int64_t quantity_milli = 0, amount_minor = 0, discount_minor = 0;
  bool counted = false;  // some line gave a quantity to sell

  void Add(const KeptLine& line) {
    quantity_milli += line.quantity_milli;
    amount_minor += line.amount_minor;
    discount_minor += line.discount_minor;
  }
  bool kept() const { return counted ? quantity_milli > 0 : amount_minor > 0; }
};

absl::flat_hash_map<uint64_t, Balance> Balances(const ReceiptRecord& record) {
  absl::flat_hash_map<uint64_t, Balance> products;
  for (const KeptLine& line : record.content->lines) {
    Balance& product = products[Hash64(line.product_id)];
    if (line.category != 0 && (product.category == 0 || line.category < product.category)) {
      product.category = line.category;
    }
    product.counted |= line.quantity_milli > 0;
    product.Add(line);
  }
  for (const AttachedReturn& attached : record.attached) {
    for (const KeptLine& line : attached.lines) {
      const auto sold = products.find(Hash64(line.product_id));
      if (sold != products.end()) sold->second.Add(line);
    }
  }
  return products;
}

}  // namespace

Purchased PurchasedBy(const ReceiptRecord& record, absl::Span<const std::string> coupon_codes) {
  Purchased purchased;
  if (!record.live()) return purchased;
  if (std::any_of(record.attached.begin(), record.attached.end(), [](const AttachedReturn& a) { return a.whole; })) {
    return purchased;
  }
  purchased.time_us = absl::ToUnixMicros(record.content->time);
  for (const auto& [key, product] : Balances(record)) {
    if (!product.kept()) continue;
    const int64_t discount_minor = std::max<int64_t>(product.discount_minor, 0);
    purchased.products.push_back(
        {key, product.category, std::max<int64_t>(product.amount_minor, 0) + discount_minor, discount_minor});
  }
  std::sort(purchased.products.begin(), purchased.products.end(),
            [](const auto& a, const auto& b) { return a.product < b.product; });
  purchased.coupon_codes.assign(coupon_codes.begin(), coupon_codes.end());
  return purchased;
}

int64_t Redemption::CostMinor(int64_t expected_minor) const {
  return std::clamp<int64_t>(expected_minor, 0, std::max<int64_t>(most_minor, 0));
}

bool MayRedeem(const PersonContacts& contacts, int64_t time_us) {
  const absl::Span<const Contact> all = contacts.contacts();
  return std::any_of(all.begin(), all.end(), [time_us](const Contact& contact) {
    return TouchAt(contact, time_us) != Touch::kNone && IsOpen(contact, time_us);
  });
}

std::vector<Redemption> FindRedemptions(const PersonContacts& contacts, const Purchased& purchased,
                                        const Catalog& catalog) {
  std::vector<Redemption> found;
  if (purchased.empty()) return found;
  absl::flat_hash_map<uint64_t, LastTouch> by_offer;
  for (const Contact& contact : contacts.contacts()) {
    const Touch touch = TouchAt(contact, purchased.time_us);
    if (touch != Touch::kNone) by_offer[contact.offer].Offer(contact, touch);
  }
  for (const auto& [key, last] : by_offer) {
    if (!IsOpen(*last.contact, purchased.time_us)) continue;
    const auto position = catalog.contacts.positions.find(key);
    if (position == catalog.contacts.positions.end()) continue;
    const Offer& offer = catalog.offers[static_cast<size_t>(position->second)];
    Redemption redemption{*last.contact, &offer};
    redemption.time_us = std::max(purchased.time_us, last.contact->present_us);
    if (Redeems(purchased, offer, &redemption)) found.push_back(redemption);
  }
  std::sort(found.begin(), found.end(),
            [](const Redemption& a, const Redemption& b) { return IsBefore(a.contact, b.contact); });
  return found;
}

}  // namespace nbo
