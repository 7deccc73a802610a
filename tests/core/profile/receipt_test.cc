#include "core/profile/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <functional>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

Receipt Sample() {
  return ReceiptOf("c", "r", 19'000, {Bought("MILK", 100, 5), Bought("BREAD", 250), Returned("MILK", 40)});
}

TEST(ContentDigest, DoesNotDependOnTheOrderOfLines) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    RandomReceipts random(seed);
    Receipt receipt = random.Next("c");
    const uint64_t digest = ContentDigest(receipt);
    random.Shuffle(&receipt.lines);
    ASSERT_EQ(ContentDigest(receipt), digest) << "seed " << seed;
  }
}

TEST(ContentDigest, SeesEveryField) {
  const std::vector<std::function<void(Receipt&)>> changes = {
      [](auto& r) { r.time += absl::Microseconds(1); },
      [](auto& r) { r.channel = Channel::kWeb; },
      [](auto& r) { r.lines[0].product_id = "other"; },
      [](auto& r) { r.lines[0].category = "OTHER"; },
      [](auto& r) { ++r.lines[0].quantity_milli; },
      [](auto& r) { ++r.lines[0].amount_minor; },
      [](auto& r) { ++r.lines[0].discount_minor; },
      [](auto& r) { r.lines.pop_back(); },
      [](auto& r) { r.lines.push_back(r.lines[0]); },
      [](auto& r) { std::swap(r.lines[0].amount_minor, r.lines[1].amount_minor); },
      [](auto& r) { std::swap(r.lines[0].amount_minor, r.lines[0].discount_minor); },
      [](auto& r) { std::swap(r.lines[0].product_id, r.lines[0].category); },
  };
  const uint64_t digest = ContentDigest(Sample());
  for (size_t i = 0; i < changes.size(); ++i) {
    Receipt changed = Sample();
    changes[i](changed);
    EXPECT_NE(ContentDigest(changed), digest) << "change " << i;
  }
}

TEST(ContentDigest, LeavesOutCoupons) {
  Receipt other = Sample();
  other.coupon_codes = {"C"};
  EXPECT_EQ(ContentDigest(other), ContentDigest(Sample())) << "they may be told later";
}

TEST(ContentDigest, LeavesOutTheKey) {
  Receipt other = Sample();
  other.customer_id = "someone else";
  other.store_id = "elsewhere";
  other.receipt_id = "another";
  ++other.day;  // follows from the time and a setting
  EXPECT_EQ(ContentDigest(other), ContentDigest(Sample()));
}

TEST(ContentDigest, TextsCannotRunTogether) {
  Receipt one = Sample(), two = Sample();
  one.lines = {{"ab", "c", 1, 1, 0}};
  two.lines = {{"a", "bc", 1, 1, 0}};
  EXPECT_NE(ContentDigest(one), ContentDigest(two));
}

TEST(ValidateReceipt, AcceptsEveryValueAtItsLimit) {
  Receipt receipt = Sample();
  receipt.customer_id = receipt.store_id = receipt.receipt_id = std::string(kMaxIdBytes, 'x');
  receipt.lines.assign(kMaxLinesPerReceipt, Bought("A", 1'000'000'000));  // sums to 10^12
  EXPECT_TRUE(ValidateReceipt(receipt).ok()) << ValidateReceipt(receipt);
  receipt.coupon_codes.assign(kMaxCouponCodesPerReceipt, std::string(kMaxIdBytes, 'x'));
  EXPECT_TRUE(ValidateReceipt(receipt).ok()) << ValidateReceipt(receipt);
  receipt.lines = {{"p", "", -kMaxQuantityMilli, -kMaxLineAmountMinor, -kMaxLineAmountMinor}};
  EXPECT_TRUE(ValidateReceipt(receipt).ok()) << ValidateReceipt(receipt);
  EXPECT_TRUE(ValidateReceipt(ReceiptOf("c", "r", 0, {Bought("", 1)}, "")).ok()) << "store and category may be empty";
}

TEST(ValidateReceipt, NamesTheFieldThatIsWrong) {
  const std::string too_long(kMaxIdBytes + 1, 'x');
  const struct {
    const char* message;
    std::function<void(Receipt&)> change;
  } cases[] = {
      {"purchase.customer.customer_id: is required", [](auto& r) { r.customer_id.clear(); }},
      {"purchase.customer.customer_id: 65 bytes", [&](auto& r) { r.customer_id = too_long; }},
      {"purchase.receipt_id: is required", [](auto& r) { r.receipt_id.clear(); }},
      {"purchase.receipt_id: not valid UTF-8", [](auto& r) { r.receipt_id = "\xFF"; }},
      {"purchase.store_id: contains a control character", [](auto& r) { r.store_id = "a\nb"; }},
      {"purchase.lines: at least one line", [](auto& r) { r.lines.clear(); }},
      {"purchase.lines: 1001 lines", [](auto& r) { r.lines.assign(1001, Bought("A", 1)); }},
      {"purchase.lines[1].product_id: is required", [](auto& r) { r.lines[1].product_id.clear(); }},
      {"purchase.lines[2].category: 65 bytes", [&](auto& r) { r.lines[2].category = too_long; }},
      {"purchase.lines[0].quantity_milli: 1000000001 is outside",
       [](auto& r) { r.lines[0].quantity_milli = kMaxQuantityMilli + 1; }},
      {"purchase.lines[0].quantity_milli: -9223372036854775808 is outside",
       [](auto& r) { r.lines[0].quantity_milli = INT64_MIN; }},
      {"purchase.lines[1].amount_minor: -100000000001 is outside",
       [](auto& r) { r.lines[1].amount_minor = -kMaxLineAmountMinor - 1; }},
      {"purchase.lines[1].amount_minor: -9223372036854775808 is outside",
       [](auto& r) { r.lines[1].amount_minor = INT64_MIN; }},
      {"purchase.lines[2].discount_minor: 9223372036854775807 is outside",
       [](auto& r) { r.lines[2].discount_minor = INT64_MAX; }},
      {"purchase.lines[2].discount_minor: -9223372036854775808 is outside",
       [](auto& r) { r.lines[2].discount_minor = INT64_MIN; }},
      {"purchase.lines (sum of the sizes of amount_minor): 1100000000000 is outside",
       [](auto& r) { r.lines.assign(11, Bought("A", kMaxLineAmountMinor)); }},
      {"purchase.lines (sum of the sizes of amount_minor): 1200000000000 is outside",
       [](auto& r) {
         r.lines.assign(12, Bought("A", kMaxLineAmountMinor));
         for (size_t i = 0; i < 6; ++i) r.lines[i].amount_minor = -kMaxLineAmountMinor;  // balanced, and too large
       }},
      {"purchase.lines (sum of the sizes of discount_minor): 1100000000000 is outside",
       [](auto& r) { r.lines.assign(11, Bought("A", 0, kMaxLineAmountMinor)); }},
  };
  for (const auto& c : cases) {
    Receipt receipt = Sample();
    c.change(receipt);
    const absl::Status status = ValidateReceipt(receipt);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

// What the allocator gave, block by block.
size_t AllocatedBytes(const Receipt& receipt) {
  size_t bytes = sizeof(receipt);
  auto add = [&bytes](const void* block) {
    bytes += malloc_usable_size(const_cast<void*>(block)) + 8;  // and its header
  };
  auto add_string = [&add](const std::string& text) {
    const bool is_inline =
        text.data() >= reinterpret_cast<const char*>(&text) && text.data() < reinterpret_cast<const char*>(&text + 1);
    if (!is_inline) add(text.data());
  };
  for (const std::string* text : {&receipt.customer_id, &receipt.store_id, &receipt.receipt_id}) add_string(*text);
  if (!receipt.lines.empty()) add(receipt.lines.data());
  for (const ReceiptLine& line : receipt.lines) {
    add_string(line.product_id);
    add_string(line.category);
  }
  return bytes;
}

TEST(MemoryBytes, IsWithinAFactorOfTwoOfWhatIsAllocated) {
  for (size_t id_bytes : {1, 15, 16, 30, 64}) {
    for (size_t lines : {1, 3, 100, 1000}) {
      const std::string id(id_bytes, 'x');
      Receipt receipt = ReceiptOf(id, id, 19'000, {}, id);
      for (size_t i = 0; i < lines; ++i) receipt.lines.push_back({id, id, 1000, 100, 0});
      const size_t truth = AllocatedBytes(receipt);
      EXPECT_GE(2 * MemoryBytes(receipt), truth) << id_bytes << " bytes, " << lines << " lines";
      EXPECT_LE(MemoryBytes(receipt), 2 * truth) << id_bytes << " bytes, " << lines << " lines";
    }
  }
}

}  // namespace
}  // namespace nbo
