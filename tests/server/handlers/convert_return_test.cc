// What a receipt may say of other receipts and of itself: returns, revisions, cancellation, age.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "server/handlers/convert.h"
#include "tests/server/messages.h"

namespace nbo::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(kNoon);

absl::StatusOr<Receipt> Convert(const v1::Purchase& purchase, int retention_days = 0) {
  return ToReceipt(purchase, kNow, {absl::UTCTimeZone(), absl::Hours(24), nullptr, retention_days});
}

void AddReturnedLine(int64_t amount_minor, v1::PurchaseReturn* returned) {
  v1::PurchaseLine* line = returned->add_lines();
  line->set_product_id("p1");
  line->set_category("MILK");
  line->set_quantity_milli(-1000);
  line->set_amount_minor(-amount_minor);
}

// A receipt of store s1 that takes milk for 1.00 back from the receipt "sale" of the same store.
v1::Purchase Returning() {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
  purchase.clear_lines();
  v1::PurchaseReturn* returned = purchase.add_returns();
  returned->set_receipt_id("sale");
  AddReturnedLine(100, returned);
  return purchase;
}

TEST(ToReceiptReturns, TakesEveryField) {
  v1::Purchase purchase = Returning();
  purchase.mutable_returns(0)->mutable_lines(0)->set_discount_minor(-20);
  v1::PurchaseReturn* whole = purchase.add_returns();
  whole->set_store_id("s2");
  whole->set_receipt_id("other");
  whole->set_whole(true);
  purchase.set_revision(7);
  const auto receipt = Convert(purchase);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_EQ(receipt->revision, 7);
  EXPECT_FALSE(receipt->cancelled);
  ASSERT_EQ(receipt->returns.size(), 2u);
  EXPECT_EQ(receipt->returns[0].receipt_id, "sale");
  EXPECT_FALSE(receipt->returns[0].whole);
  ASSERT_EQ(receipt->returns[0].lines.size(), 1u);
  EXPECT_EQ(receipt->returns[0].lines[0].product_id, "p1");
  EXPECT_EQ(receipt->returns[0].lines[0].category, "MILK");
  EXPECT_EQ(receipt->returns[0].lines[0].quantity_milli, -1000);
  EXPECT_EQ(receipt->returns[0].lines[0].amount_minor, -100);
  EXPECT_EQ(receipt->returns[0].lines[0].discount_minor, -20);
  EXPECT_EQ(receipt->returns[1].store_id, "s2");
  EXPECT_EQ(receipt->returns[1].receipt_id, "other");
  EXPECT_TRUE(receipt->returns[1].whole);
}

TEST(ToReceiptReturns, TheStoreOfAReturnIsTheReceiptsOwnUnlessItIsSaid) {
  v1::Purchase purchase = Returning();
  EXPECT_EQ(Convert(purchase)->returns[0].store_id, "s1");
  purchase.mutable_returns(0)->set_store_id("");
  EXPECT_EQ(Convert(purchase)->returns[0].store_id, "") << "said: none";
  purchase.mutable_returns(0)->set_store_id("s2");
  EXPECT_EQ(Convert(purchase)->returns[0].store_id, "s2");
  purchase.mutable_returns(0)->set_receipt_id("r");
  EXPECT_TRUE(Convert(purchase).ok()) << "the same number in another store is another receipt";
}

TEST(ToReceiptReturns, TheLargestIsTaken) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
  while (purchase.lines_size() < 984) *purchase.add_lines() = purchase.lines(0);
  for (int i = 0; i < 16; ++i) {
    v1::PurchaseReturn* returned = purchase.add_returns();
    returned->set_receipt_id(absl::StrCat("sale", i));
    AddReturnedLine(0, returned);
  }
  EXPECT_TRUE(Convert(purchase).ok()) << Convert(purchase).status();
  AddReturnedLine(0, purchase.mutable_returns(15));
  EXPECT_THAT(std::string(Convert(purchase).status().message()),
              StartsWith("purchase.returns[15].lines: 1001 lines in all"));
}

TEST(ToReceiptReturns, NamesTheFieldThatIsWrong) {
  const struct {
    const char* message;
    std::function<void(v1::Purchase&)> change;
  } cases[] = {
      {"purchase.revision: is negative", [](auto& p) { p.set_revision(-1); }},
      {"purchase.revision: is negative", [](auto& p) { p.set_revision(INT32_MIN); }},
      {"purchase.lines: a cancelled receipt has no lines and no returns", [](auto& p) { p.set_cancelled(true); }},
      {"purchase.lines: a cancelled receipt has no lines and no returns",
       [](auto& p) {
         p = PurchaseOf(CustomerOf("c"), "r");
         p.set_cancelled(true);
       }},
      {"purchase.lines: at least one line or return", [](auto& p) { p.clear_returns(); }},
      {"purchase.returns: 17; at most 16",
       [](auto& p) {
         while (p.returns_size() < 2000) *p.add_returns() = p.returns(0);
       }},
      {"purchase.returns[0].receipt_id: is required", [](auto& p) { p.mutable_returns(0)->clear_receipt_id(); }},
      {"purchase.returns[0].receipt_id: 65 bytes",
       [](auto& p) { p.mutable_returns(0)->set_receipt_id(std::string(65, 'x')); }},
      {"purchase.returns[0].receipt_id: contains a control character",
       [](auto& p) { p.mutable_returns(0)->set_receipt_id("\n"); }},
      {"purchase.returns[0].store_id: 65 bytes",
       [](auto& p) { p.mutable_returns(0)->set_store_id(std::string(65, 'x')); }},
      {"purchase.returns[0].receipt_id: names the receipt itself",
       [](auto& p) { p.mutable_returns(0)->set_receipt_id("r"); }},
      {"purchase.returns[0].receipt_id: names the receipt itself",
       [](auto& p) {
         p.mutable_returns(0)->set_receipt_id("r");
         p.mutable_returns(0)->set_store_id("s1");
       }},
      {"purchase.returns[1].receipt_id: receipt 'sale' is named twice",
       [](auto& p) {
         *p.add_returns() = p.returns(0);
         p.mutable_returns(1)->set_store_id("s1");
       }},
      {"purchase.returns[0].lines: must be empty where the whole receipt is returned",
       [](auto& p) { p.mutable_returns(0)->set_whole(true); }},
      {"purchase.returns[0].lines: at least one is required, or set whole",
       [](auto& p) { p.mutable_returns(0)->clear_lines(); }},
      {"purchase.returns[0].lines[0].product_id: is required",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->clear_product_id(); }},
      {"purchase.returns[0].lines[0].category: 65 bytes",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_category(std::string(65, 'x')); }},
      {"purchase.returns[0].lines[0].quantity_milli: is positive",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_quantity_milli(1); }},
      {"purchase.returns[0].lines[1].amount_minor: is positive",
       [](auto& p) { AddReturnedLine(-1, p.mutable_returns(0)); }},
      {"purchase.returns[0].lines[0].discount_minor: is positive",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_discount_minor(1); }},
      {"purchase.returns[0].lines[0].quantity_milli: -9223372036854775808",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_quantity_milli(INT64_MIN); }},
      {"purchase.returns[0].lines[0].amount_minor: -100000000001 is outside",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_amount_minor(-100'000'000'001); }},
      {"purchase.returns[0].lines[0].discount_minor: -100000000001 is outside",
       [](auto& p) { p.mutable_returns(0)->mutable_lines(0)->set_discount_minor(-100'000'000'001); }},
      {"purchase.returns[0].lines: 1001 lines in all",
       [](auto& p) {
         for (int i = 0; i < 2000; ++i) AddReturnedLine(1, p.mutable_returns(0));
       }},
      {"purchase.lines (sum of the sizes of amount_minor): 1000000000001 is outside",
       [](auto& p) {
         p = PurchaseOf(CustomerOf("c"), "r", 100'000'000'000);
         for (int i = 0; i < 9; ++i) {
           v1::PurchaseReturn* returned = p.add_returns();
           returned->set_receipt_id(absl::StrCat("sale", i));
           AddReturnedLine(100'000'000'000, returned);
         }
         AddReturnedLine(1, p.mutable_returns(8));
       }},
      {"purchase.lines (sum of the sizes of discount_minor): 1000000000001 is outside",
       [](auto& p) {
         p.mutable_returns(0)->mutable_lines(0)->set_discount_minor(-1);
         for (int i = 0; i < 10; ++i) {
           AddReturnedLine(0, p.mutable_returns(0));
           p.mutable_returns(0)->mutable_lines(i + 1)->set_discount_minor(-100'000'000'000);
         }
       }},
  };
  for (const auto& c : cases) {
    v1::Purchase purchase = Returning();
    c.change(purchase);
    const absl::Status status = Convert(purchase).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message));
  }
}

TEST(ToReceiptReturns, ACancelledReceiptNeedsNoLines) {
  v1::Purchase purchase = Returning();
  purchase.clear_returns();
  purchase.set_cancelled(true);
  purchase.set_revision(INT32_MAX);
  const auto receipt = Convert(purchase);
  ASSERT_TRUE(receipt.ok()) << receipt.status();
  EXPECT_TRUE(receipt->cancelled);
  EXPECT_EQ(receipt->revision, INT32_MAX);
}

TEST(ToReceiptRetention, RefusesReceiptsThatMayHaveBeenDropped) {
  v1::Purchase purchase = PurchaseOf(CustomerOf("c"), "r");
  purchase.mutable_time()->set_seconds(kNoon - 30 * 86'400 - 12 * 3600);  // 2024-05-15 00:00
  EXPECT_TRUE(Convert(purchase, 30).ok()) << "30 days ago";
  purchase.mutable_time()->set_seconds(purchase.time().seconds() - 1);
  const absl::Status status = Convert(purchase, 30).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("purchase.time: 2024-05-14T23:59:59"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("30 days of retention.receipts_days"));
  EXPECT_TRUE(Convert(purchase, 31).ok());
  EXPECT_TRUE(Convert(purchase, 0).ok()) << "none is refused";
  purchase.set_utc_offset_minutes(1);
  EXPECT_TRUE(Convert(purchase, 30).ok()) << "the civil day of the receipt decides";
}

}  // namespace
}  // namespace nbo::server
