// Which offers a receipt redeems, of those that its customer was told.
//
// The rules:
//
// - Each offer is looked at by itself. A receipt speaks of one contact of it, the last that the person was told before
//   the purchase (last touch); so one receipt may redeem several offers, but never two contacts of one.
// - An offer is redeemed by its coupon, if the receipt bears the code; or by its targets, if something of them was
//   bought: its products where it names any, else its categories. An offer without targets has its coupon only, and one
//   without both is redeemed by what a channel reports (RecordOutcome).
// - The purchase lies in the attribution window: from the presentation until `attribution_days` of 24 hours after it.
//   Clocks of tills differ from the server's: what was told at a till or a kiosk may be up to kTillClockTolerance later
//   than the receipt, if nothing was told before it. Elsewhere not: what is shown right after a purchase is often about
//   it.
// - What is bought is what is kept: a product counts if its quantity is positive after all that the receipt and its
//   returns take back (core/profile/record.h). A receipt that was cancelled, or of which nothing is kept, redeems
//   nothing, also by a coupon.
// - What was redeemed stays so. A receipt that is corrected, cancelled or returned later takes nothing back: the
//   benefit was given when it was closed.
//
// Which contact a receipt speaks of does not depend on what is redeemed already. So a receipt may be sent again without
// redeeming more, and receipts may come in any order: once the presentations are known, the same contacts are redeemed
// at the same times. Two uses of one offer between two presentations count once.
#ifndef NBO_CORE_REDEMPTION_FINDER_H_
#define NBO_CORE_REDEMPTION_FINDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/base/limits.h"
#include "core/catalog/catalog.h"
#include "core/contact/person_contacts.h"
#include "core/profile/record.h"

namespace nbo {

inline constexpr absl::Duration kTillClockTolerance = absl::Minutes(5);

// What a receipt shows of redemptions. Amounts in minor units.
struct Purchased {
  struct Product {
    uint64_t product = 0;        // Hash64 of its id
    uint64_t category = 0;       // CategoryKey; 0: none
    int64_t price_minor = 0;     // before discounts, at least 0
    int64_t discount_minor = 0;  // at least 0
  };
  int64_t time_us = 0;
  std::vector<Product> products;          // what was kept; ascending, none twice
  std::vector<std::string> coupon_codes;  // as on the receipt; compared byte by byte

  bool empty() const { return products.empty(); }
};

// Empty if it redeems nothing whatever was told.
Purchased PurchasedBy(const ReceiptRecord& record, absl::Span<const std::string> coupon_codes);

// Values are the order of metrics' labels.
enum class RedeemedBy : uint8_t { kCoupon = 0, kTargets = 1 };

struct Redemption {
  Contact contact;               // as it was found
  const Offer* offer = nullptr;  // of the catalog
  RedeemedBy by = RedeemedBy::kCoupon;
  int64_t time_us = 0;                       // of the purchase, not before the presentation
  int64_t most_minor = kMaxLineAmountMinor;  // what the benefit can have cost at most

  // What it cost: what was expected when it was decided, but
  // - of a discount never more than the price of what it was given on: the targets that were bought, or by coupon all
  //   of the receipt if none of them was;
  // - where the offer has a coupon that is not on the receipt, never more than the discounts on the targets: either the
  //   benefit was not used, or the till tells it as a discount and not the coupon.
  int64_t CostMinor(int64_t expected_minor) const;
};

// False if no purchase at that time redeems any contact. Costs a nanosecond a contact: to be asked first.
bool MayRedeem(const PersonContacts& contacts, int64_t time_us);

// What the purchase redeems, in the order of the contacts; also a contact that is known to be redeemed, but later. An
// offer that the catalog does not have any more is redeemed by RecordOutcome only. The catalog must outlive the result.
std::vector<Redemption> FindRedemptions(const PersonContacts& contacts, const Purchased& purchased,
                                        const Catalog& catalog);

}  // namespace nbo

#endif  // NBO_CORE_REDEMPTION_FINDER_H_
