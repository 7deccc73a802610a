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

// `lines` is where the line is, as the sender knows it.
absl::Status ValidateLine(const ReceiptLine& line, absl::string_view lines, size_t index) {
  // The common case pays for no string.
  auto field = [&](absl::string_view name) { return absl::StrCat(lines, "[", index, "].", name); };
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

size_t HeapBytes(const std::vector<ReturnedGoods>& returns) {
  size_t bytes = returns.capacity() * sizeof(ReturnedGoods);
  for (const ReturnedGoods& returned : returns) {
    bytes += HeapBytes(returned.store_id) + HeapBytes(returned.receipt_id) + HeapBytes(returned.lines);
  }
  return bytes;
}

size_t HeapBytes(const std::vector<std::string>& texts) {
  size_t bytes = texts.capacity() * sizeof(std::string);
  for (const std::string& text : texts) bytes += HeapBytes(text);
  return bytes;
}

// Sums of the sizes, not of the signed amounts: a sum of one category must stay in bounds, whatever balances it
// elsewhere. Checked lines cannot overflow them.
struct Sizes {
  size_t lines = 0;
  int64_t amount_minor = 0;
  int64_t discount_minor = 0;
};

absl::Status ValidateLines(const std::vector<ReceiptLine>& lines, absl::string_view field, Sizes* sizes) {
  sizes->lines += lines.size();
  if (sizes->lines > kMaxLinesPerReceipt) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", sizes->lines, " lines in all; at most ", kMaxLinesPerReceipt, " are allowed"));
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (absl::Status s = ValidateLine(lines[i], field, i); !s.ok()) return s;
    sizes->amount_minor += std::abs(lines[i].amount_minor);
    sizes->discount_minor += std::abs(lines[i].discount_minor);
  }
  return absl::OkStatus();
}

absl::Status CheckNotPositive(const std::vector<ReceiptLine>& lines, absl::string_view field) {
  for (size_t i = 0; i < lines.size(); ++i) {
    const char* name = lines[i].quantity_milli > 0   ? "quantity_milli"
                       : lines[i].amount_minor > 0   ? "amount_minor"
                       : lines[i].discount_minor > 0 ? "discount_minor"
                                                     : nullptr;
    if (name != nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, "[", i, "].", name, ": is positive; returned goods have negative numbers"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateReturn(const Receipt& receipt, size_t index, Sizes* sizes) {
  const ReturnedGoods& returned = receipt.returns[index];
  const std::string field = absl::StrCat("purchase.returns[", index, "]");
  absl::Status status = CheckId(field + ".receipt_id", returned.receipt_id, true);
  status.Update(CheckId(field + ".store_id", returned.store_id, false));
  if (!status.ok()) return status;
  if (returned.receipt_id == receipt.receipt_id && returned.store_id == receipt.store_id) {
    return absl::InvalidArgumentError(field +
                                      ".receipt_id: names the receipt itself; put the lines into purchase.lines");
  }
  for (size_t i = 0; i < index; ++i) {
    if (receipt.returns[i].receipt_id == returned.receipt_id && receipt.returns[i].store_id == returned.store_id) {
      return absl::InvalidArgumentError(absl::StrCat(field, ".receipt_id: receipt '", returned.receipt_id,
                                                     "' is named twice; put all its lines into one return"));
    }
  }
  if (returned.whole != returned.lines.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(field, ".lines: ",
                                                   returned.whole ? "must be empty where the whole receipt is returned"
                                                                  : "at least one is required, or set whole"));
  }
  status = ValidateLines(returned.lines, field + ".lines", sizes);
  return status.ok() ? CheckNotPositive(returned.lines, field + ".lines") : status;
}

absl::Status ValidateCoupons(const std::vector<std::string>& codes) {
  if (codes.size() > kMaxCouponCodesPerReceipt) {
    return absl::InvalidArgumentError(absl::StrCat("purchase.coupon_codes: ", codes.size(), "; at most ",
                                                   kMaxCouponCodesPerReceipt, " may be on a receipt"));
  }
  for (size_t i = 0; i < codes.size(); ++i) {
    absl::Status s = CheckId(absl::StrCat("purchase.coupon_codes[", i, "]"), codes[i], /*required=*/true);
    if (!s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status ValidateShape(const Receipt& receipt) {
  if (receipt.revision < 0) return absl::InvalidArgumentError("purchase.revision: is negative; the first is 0");
  if (receipt.returns.size() > kMaxReturnsPerReceipt) {
    return absl::InvalidArgumentError(absl::StrCat("purchase.returns: ", receipt.returns.size(), "; at most ",
                                                   kMaxReturnsPerReceipt, " receipts may be named by one"));
  }
  const bool something = !receipt.lines.empty() || !receipt.returns.empty();
  if (receipt.cancelled && something) {
    return absl::InvalidArgumentError("purchase.lines: a cancelled receipt has no lines and no returns");
  }
  if (!receipt.cancelled && !something) {
    return absl::InvalidArgumentError("purchase.lines: at least one line or return is required");
  }
  return absl::OkStatus();
}

}  // namespace

namespace {

// The sum of the lines' hashes does not depend on their order and counts equal lines as often as they occur.
uint64_t LinesDigest(const std::vector<ReceiptLine>& lines, std::string* buffer) {
  uint64_t sum = 0;
  for (const ReceiptLine& line : lines) {
    buffer->clear();
    AppendString(line.product_id, buffer);
    AppendString(line.category, buffer);
    AppendNumber(line.quantity_milli, buffer);
    AppendNumber(line.amount_minor, buffer);
    AppendNumber(line.discount_minor, buffer);
    sum += Hash64(*buffer);
  }
  return sum;
}

}  // namespace

size_t MemoryBytes(const Receipt& receipt) {
  return sizeof(receipt) + HeapBytes(receipt.customer_id) + HeapBytes(receipt.store_id) +
         HeapBytes(receipt.receipt_id) + HeapBytes(receipt.lines) + HeapBytes(receipt.returns) +
         HeapBytes(receipt.coupon_codes) +
         (receipt.addressed_by.has_value() ? HeapBytes(receipt.addressed_by->value) : 0);
}

uint64_t ContentDigest(const Receipt& receipt) {
  std::string buffer;
  uint64_t sum = LinesDigest(receipt.lines, &buffer);
  for (const ReturnedGoods& returned : receipt.returns) {
    const uint64_t lines = LinesDigest(returned.lines, &buffer);
    buffer.clear();
    AppendString(returned.store_id, &buffer);
    AppendString(returned.receipt_id, &buffer);
    AppendNumber(returned.whole, &buffer);
    AppendNumber(static_cast<int64_t>(lines), &buffer);
    sum += Hash64(buffer);
  }
  buffer.clear();
  AppendNumber(static_cast<int64_t>(sum), &buffer);
  AppendNumber(absl::ToUnixMicros(receipt.time), &buffer);
  AppendNumber(static_cast<int64_t>(receipt.channel) * 2 + receipt.cancelled, &buffer);
  return Hash64(buffer);
}

absl::Status ValidateReceipt(const Receipt& receipt) {
  if (absl::Status s = CheckId("purchase.customer.customer_id", receipt.customer_id, !receipt.addressed_by); !s.ok()) {
    return s;
  }
  if (absl::Status s = CheckId("purchase.receipt_id", receipt.receipt_id, true); !s.ok()) return s;
  if (absl::Status s = CheckId("purchase.store_id", receipt.store_id, false); !s.ok()) return s;
  if (absl::Status s = ValidateShape(receipt); !s.ok()) return s;
  if (absl::Status s = ValidateCoupons(receipt.coupon_codes); !s.ok()) return s;
  Sizes sizes;
  if (absl::Status s = ValidateLines(receipt.lines, "purchase.lines", &sizes); !s.ok()) return s;
  for (size_t i = 0; i < receipt.returns.size(); ++i) {
    if (absl::Status s = ValidateReturn(receipt, i, &sizes); !s.ok()) return s;
  }
  if (absl::Status s =
          CheckAmount("purchase.lines (sum of the sizes of amount_minor)", sizes.amount_minor, kMaxReceiptAmountMinor);
      !s.ok()) {
    return s;
  }
  return CheckAmount("purchase.lines (sum of the sizes of discount_minor)", sizes.discount_minor,
                     kMaxReceiptAmountMinor);
}

}  // namespace nbo
