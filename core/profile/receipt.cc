#include "core/profile/receipt.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "core/base/digest.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {

absl::Status CheckAmount(absl::string_view field, int64_t value, int64_t limit) {
  if (value < -limit || value > limit) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " is outside ", -limit, "..", limit));
  }
  return absl::OkStatus();
}

absl::Status ValidateLine(const ReceiptLine& line, size_t index) {
  // The common case pays for no string.
  auto field = [index](absl::string_view name) { return absl::StrCat("purchase.lines[", index, "].", name); };
  // No abs(): of the least int64 it is undefined, and the compiler then drops any check for it.
  auto within = [](int64_t value, int64_t limit) { return value >= -limit && value <= limit; };
  const bool amounts_ok = within(line.quantity_milli, kMaxQuantityMilli) &&
                          within(line.amount_minor, kMaxLineAmountMinor) &&
                          within(line.discount_minor, kMaxLineAmountMinor);
  if (!amounts_ok) {
    absl::Status s = CheckAmount(field("quantity_milli"), line.quantity_milli, kMaxQuantityMilli);
    s.Update(CheckAmount(field("amount_minor"), line.amount_minor, kMaxLineAmountMinor));
    s.Update(CheckAmount(field("discount_minor"), line.discount_minor, kMaxLineAmountMinor));
    return s;
  }
  if (absl::Status s = CheckId("product_id", line.product_id, /*required=*/true); !s.ok()) {
    return CheckId(field("product_id"), line.product_id, true);
  }
  if (absl::Status s = CheckId("category", line.category, /*required=*/false); !s.ok()) {
    return CheckId(field("category"), line.category, false);
  }
  return absl::OkStatus();
}

// What a string has on the heap, with the allocator's own.
size_t HeapBytes(const std::string& text) {
  constexpr size_t kInline = 15;  // of libstdc++
  constexpr size_t kBlock = 24;   // terminator, rounding up, the allocator's header
  return text.capacity() > kInline ? text.capacity() + kBlock : 0;
}

size_t HeapBytes(const std::vector<ReceiptLine>& lines) {
  size_t bytes = lines.capacity() * sizeof(ReceiptLine);
  for (const ReceiptLine& line : lines) bytes += HeapBytes(line.product_id) + HeapBytes(line.category);
  return bytes;
}

}  // namespace

size_t MemoryBytes(const Receipt& receipt) {
  return sizeof(receipt) + HeapBytes(receipt.customer_id) + HeapBytes(receipt.store_id) +
         HeapBytes(receipt.receipt_id) + HeapBytes(receipt.lines);
}

bool IsVisit(const Receipt& receipt) {
  for (const ReceiptLine& line : receipt.lines) {
    if (line.quantity_milli > 0 || line.amount_minor > 0) return true;
  }
  return false;
}

uint64_t ContentDigest(const Receipt& receipt) {
  // The sum of the lines' hashes does not depend on their order and counts equal lines as often as they occur.
  uint64_t lines = 0;
  std::string buffer;
  for (const ReceiptLine& line : receipt.lines) {
    buffer.clear();
    AppendString(line.product_id, &buffer);
    AppendString(line.category, &buffer);
    AppendNumber(line.quantity_milli, &buffer);
    AppendNumber(line.amount_minor, &buffer);
    AppendNumber(line.discount_minor, &buffer);
    lines += Hash64(buffer);
  }
  buffer.clear();
  AppendNumber(static_cast<int64_t>(lines), &buffer);
  AppendNumber(absl::ToUnixMicros(receipt.time), &buffer);
  AppendNumber(static_cast<int64_t>(receipt.channel), &buffer);
  return Hash64(buffer);
}

absl::Status ValidateReceipt(const Receipt& receipt) {
  if (absl::Status s = CheckId("purchase.customer.customer_id", receipt.customer_id, true); !s.ok()) return s;
  if (absl::Status s = CheckId("purchase.receipt_id", receipt.receipt_id, true); !s.ok()) return s;
  if (absl::Status s = CheckId("purchase.store_id", receipt.store_id, false); !s.ok()) return s;
  if (receipt.lines.empty()) return absl::InvalidArgumentError("purchase.lines: at least one line is required");
  if (receipt.lines.size() > kMaxLinesPerReceipt) {
    return absl::InvalidArgumentError(absl::StrCat("purchase.lines: ", receipt.lines.size(), " lines; at most ",
                                                   kMaxLinesPerReceipt, " are allowed"));
  }
  // Of the sizes, not of the signed amounts: a sum of one category must stay in bounds, whatever balances it elsewhere.
  int64_t amount = 0, discount = 0;
  for (size_t i = 0; i < receipt.lines.size(); ++i) {
    if (absl::Status s = ValidateLine(receipt.lines[i], i); !s.ok()) return s;
    amount += std::abs(receipt.lines[i].amount_minor);  // checked: 1000 lines of 10^11 cannot overflow
    discount += std::abs(receipt.lines[i].discount_minor);
  }
  if (absl::Status s = CheckAmount("purchase.lines (sum of the sizes of amount_minor)", amount, kMaxReceiptAmountMinor);
      !s.ok()) {
    return s;
  }
  return CheckAmount("purchase.lines (sum of the sizes of discount_minor)", discount, kMaxReceiptAmountMinor);
}

}  // namespace nbo
