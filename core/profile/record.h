// What is kept of receipts, and what a kept receipt means.
//
// A receipt's own lines and the goods returned from it lie together, under the key of the receipt that sold them; so
// one lookup tells all that counts of a sale, whether the sale or its return came first. The rules:
//
// - A sale counts on its own day with what was kept of it: its lines less the lines returned. A product is kept if its
//   quantity less the quantity returned is positive (where no quantity was given: the amount). The sale is a visit if
//   some product was kept. Returned whole, it counts for nothing.
// - Goods returned from a receipt that is not known (yet), or was cancelled, count as a negative amount on the day of
//   their return, in no visit. When the sale arrives, they move to it.
// - Returned goods reduce the category that the sale put the product in.
// - Several receipts on one day are several visits.
//
// Each record adds its part to the customer's state independently of every other, so the state is a function of the set
// of records (core/profile/fold.h).
#ifndef NBO_CORE_PROFILE_RECORD_H_
#define NBO_CORE_PROFILE_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "core/profile/receipt.h"

namespace nbo {

// Names a receipt within a customer.
struct ReceiptKey {
  std::string store_id;
  std::string receipt_id;

  friend bool operator==(const ReceiptKey& a, const ReceiptKey& b) {
    return a.receipt_id == b.receipt_id && a.store_id == b.store_id;
  }
  friend bool operator<(const ReceiptKey& a, const ReceiptKey& b) {
    return std::tie(a.store_id, a.receipt_id) < std::tie(b.store_id, b.receipt_id);
  }
};

// Names a receipt of a customer without owning the text.
struct RecordRef {
  absl::string_view customer_id;
  absl::string_view store_id;
  absl::string_view receipt_id;

  ReceiptKey key() const { return {std::string(store_id), std::string(receipt_id)}; }
  friend bool operator==(const RecordRef& a, const RecordRef& b) {
    return a.receipt_id == b.receipt_id && a.store_id == b.store_id && a.customer_id == b.customer_id;
  }
  template <typename H>
  friend H AbslHashValue(H h, const RecordRef& ref) {
    return H::combine(std::move(h), ref.customer_id, ref.store_id, ref.receipt_id);
  }
};

// As ReceiptLine; the category by its key (CategoryKey), 0 for none.
struct KeptLine {
  std::string product_id;
  uint64_t category = 0;
  int64_t quantity_milli = 0;
  int64_t amount_minor = 0;
  int64_t discount_minor = 0;

  friend bool operator==(const KeptLine&, const KeptLine&) = default;
};

// As ReturnedGoods.
struct KeptReturn {
  ReceiptKey sale;
  bool whole = false;
  std::vector<KeptLine> lines;

  friend bool operator==(const KeptReturn&, const KeptReturn&) = default;
};

// One revision of a receipt.
struct ReceiptContent {
  int32_t revision = 0;
  uint64_t digest = 0;  // ContentDigest
  bool cancelled = false;
  absl::Time time;
  Day day = 0;
  Channel channel = Channel::kUnspecified;
  std::optional<Identity> addressed_by;
  std::vector<KeptLine> lines;
  std::vector<KeptReturn> returns;

  friend bool operator==(const ReceiptContent&, const ReceiptContent&) = default;
};

// A revision that was replaced or came too late to count: kept to tell a repetition from a conflict.
struct OldRevision {
  int32_t revision = 0;
  uint64_t digest = 0;

  friend bool operator==(const OldRevision&, const OldRevision&) = default;
};

// Goods that came back, kept with the receipt that they name.
struct AttachedReturn {
  ReceiptKey by;  // the receipt that took them back
  Day day = 0;    // of that receipt
  bool whole = false;
  std::vector<KeptLine> lines;

  friend bool operator==(const AttachedReturn&, const AttachedReturn&) = default;
};

struct ReceiptRecord {
  std::optional<ReceiptContent> content;  // nullopt: only returns that name the receipt have come
  std::vector<OldRevision> older;         // ascending by revision, all below content->revision
  std::vector<AttachedReturn> attached;   // ascending by `by`

  // True if there is a sale, or any receipt, that counts.
  bool live() const { return content.has_value() && !content->cancelled; }
  bool empty() const { return !content.has_value() && attached.empty(); }
  friend bool operator==(const ReceiptRecord&, const ReceiptRecord&) = default;
};

// What is kept of a receipt.
ReceiptContent KeepContent(const Receipt& receipt, uint64_t digest);

// Puts `returned`, taken back by the receipt `by` on `day`, into the record of the receipt that it names; replaces what
// the same receipt had put there.
void Attach(const ReceiptKey& by, Day day, const KeptReturn& returned, ReceiptRecord* record);
// Takes out again what `by` has attached, if anything.
void Detach(const ReceiptKey& by, ReceiptRecord* record);

// The part of a receipt in one category. A visit counts once, however many lines.
struct CategoryPart {
  uint64_t category = 0;
  int64_t revenue_minor = 0;
  bool bought = false;
};

// What a record adds to the state on one day. Views point into the record's key.
struct Contribution {
  Day day = 0;
  bool visit = false;
  absl::string_view store_id;
  Channel channel = Channel::kUnspecified;
  int64_t revenue_minor = 0;
  int64_t discount_minor = 0;
  absl::InlinedVector<CategoryPart, 8> categories;  // ascending by category, none twice
};

// Calls `add` for each contribution of a record: one for a sale, one for each return that waits for its sale.
// `store_id` is that of the record's key.
void ForEachContribution(absl::string_view store_id, const ReceiptRecord& record,
                         absl::FunctionRef<void(const Contribution&)> add);

// The contribution of goods that were returned and whose sale is not known.
Contribution OfLoneReturn(Day day, const std::vector<KeptLine>& lines);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECORD_H_
