// A receipt as it comes in: validated, with its civil day decided.
#ifndef NBO_CORE_PROFILE_RECEIPT_H_
#define NBO_CORE_PROFILE_RECEIPT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/base/civil.h"
#include "core/profile/identity.h"

namespace nbo {

// One line. Signs: sale positive, returned goods negative.
struct ReceiptLine {
  std::string product_id;
  std::string category;        // may be empty: counted in no category
  int64_t quantity_milli = 0;  // thousandths of a unit
  int64_t amount_minor = 0;    // after discounts
  int64_t discount_minor = 0;
};

// What a receipt takes back of an earlier one, which it names.
struct ReturnedGoods {
  std::string store_id;  // of the receipt named
  std::string receipt_id;
  bool whole = false;              // everything of it; then `lines` is empty
  std::vector<ReceiptLine> lines;  // none positive
};

// The idempotency key is (customer, store_id, receipt_id); what counts of it is its highest revision.
struct Receipt {
  // The customer it is recorded for; decided by the recorder where `addressed_by` is set.
  std::string customer_id;
  // The identity that was scanned; nullopt if the sender gave the customer id.
  std::optional<Identity> addressed_by;
  std::string store_id;  // may be empty
  std::string receipt_id;
  int32_t revision = 0;
  bool cancelled = false;  // it never was: no lines, no returns
  absl::Time time;
  Day day = 0;  // civil day of `time` where the receipt was made
  Channel channel = Channel::kUnspecified;
  std::vector<ReceiptLine> lines;
  std::vector<ReturnedGoods> returns;  // no two name the same receipt
  // Coupons that were handed in (core/redemption/finder.h). They are neither kept nor part of the digest: a till that
  // learns of them later may send the receipt again with them.
  std::vector<std::string> coupon_codes;
};

// Same content, same digest, whatever the order of the lines: XXH3-64 of the fields. The customer, the ids and the
// revision are not part of it, nor is the day: it follows from the time and a setting, which may be corrected between
// two sendings.
uint64_t ContentDigest(const Receipt& receipt);

// About how many bytes it takes in memory: itself and what it has on the heap. For bounding queues, not to the byte.
size_t MemoryBytes(const Receipt& receipt);

// Checks ids, counts and amounts against limits.h. The time is the caller's to check: core has no clock. The customer
// id may still be empty if `addressed_by` is set.
absl::Status ValidateReceipt(const Receipt& receipt);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECEIPT_H_
