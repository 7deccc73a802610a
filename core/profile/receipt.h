// A receipt as the domain sees it: validated, with its civil day decided.
#ifndef NBO_CORE_PROFILE_RECEIPT_H_
#define NBO_CORE_PROFILE_RECEIPT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/channel.h"
#include "core/base/civil.h"

namespace nbo {

// One line. Signs: sale positive, returned goods negative.
struct ReceiptLine {
  std::string product_id;
  std::string category;        // may be empty: counted in no category
  int64_t quantity_milli = 0;  // thousandths of a unit
  int64_t amount_minor = 0;    // after discounts
  int64_t discount_minor = 0;
};

struct Receipt {
  std::string customer_id;
  std::string store_id;  // may be empty
  std::string receipt_id;
  absl::Time time;
  Day day = 0;  // civil day of `time` where the receipt was made
  Channel channel = Channel::kUnspecified;
  std::vector<ReceiptLine> lines;
};

// True if something was bought: some line has a positive quantity or a positive amount. Only such receipts are visits.
bool IsVisit(const Receipt& receipt);

// Same content, same digest, whatever the order of the lines: XXH3-64 of the fields. The customer and ids are the key
// and not part of it, nor is the day: it follows from the time and a setting, which may be corrected between two
// sendings.
uint64_t ContentDigest(const Receipt& receipt);

// About how many bytes it takes in memory: itself and what it has on the heap. For bounding queues, not to the byte.
size_t MemoryBytes(const Receipt& receipt);

// Checks ids, counts and amounts against limits.h. The time is the caller's to check: core has no clock.
absl::Status ValidateReceipt(const Receipt& receipt);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECEIPT_H_
