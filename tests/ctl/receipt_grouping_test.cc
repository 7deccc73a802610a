#include "server/ctl/receipt_grouping.h"

#include <gtest/gtest.h>

#include "nbo/v1/event_service.pb.h"

namespace nbo::ctl {
namespace {

ReceiptTime At(absl::string_view text) { return *ParseReceiptTime(text, absl::UTCTimeZone()); }

ReceiptKey Key(absl::string_view customer, absl::string_view store, absl::string_view receipt) {
  return ReceiptKey{nbo::v1::IDENTITY_TYPE_UNSPECIFIED, customer, store, receipt};
}

TEST(ReceiptGroupingTest, GathersLinesThatDoNotStandTogetherInFileOrder) {
  ReceiptBook book;
  book.AddLine(Key("c1", "s", "r1"), At("2017-01-01 10:00:05"), nbo::v1::CHANNEL_POS, {"p1", "A", 1000, 100, 5},
               {0, 2});
  book.AddLine(Key("c2", "s", "r2"), At("2017-01-01 11:00:00"), nbo::v1::CHANNEL_WEB, {"p2", "", 1000, 200, 0}, {0, 3});
  book.AddLine(Key("c1", "s", "r1"), At("2017-01-01 10:00:01"), nbo::v1::CHANNEL_WEB, {"p3", "B", 350, 300, 0}, {0, 4});
  book.AddLine(Key("c1", "s", "r1"), At("2017-01-01 10:00:09"), nbo::v1::CHANNEL_POS, {"p1", "A", -1000, -9, 0},
               {1, 2});
  ASSERT_EQ(book.receipt_count(), 2u);
  EXPECT_EQ(book.line_count(0), 3);
  EXPECT_EQ(book.first_line(1).line, 3);
  nbo::v1::Purchase purchase;
  book.Fill(0, &purchase);
  EXPECT_EQ(purchase.customer().customer_id(), "c1");
  EXPECT_EQ(purchase.receipt_id(), "r1");
  EXPECT_EQ(purchase.store_id(), "s");
  EXPECT_EQ(purchase.channel(), nbo::v1::CHANNEL_POS);
  EXPECT_EQ(absl::FromUnixSeconds(purchase.time().seconds()), At("2017-01-01 10:00:01").time) << "the earliest line";
  EXPECT_TRUE(purchase.has_utc_offset_minutes());
  ASSERT_EQ(purchase.lines_size(), 3);
  EXPECT_EQ(purchase.lines(0).product_id(), "p1");
  EXPECT_EQ(purchase.lines(0).discount_minor(), 5);
  EXPECT_EQ(purchase.lines(1).product_id(), "p3");
  EXPECT_EQ(purchase.lines(1).quantity_milli(), 350);
  EXPECT_EQ(purchase.lines(2).amount_minor(), -9);
}

TEST(ReceiptGroupingTest, TellsCustomersStoresAndKindsOfIdentityApart) {
  ReceiptBook book;
  const auto add = [&](const ReceiptKey& key) {
    book.AddLine(key, At("2017-01-01"), nbo::v1::CHANNEL_POS, {"p", "", 1000, 1, 0}, {0, 2});
  };
  add(Key("c", "s", "r"));
  add(Key("c", "t", "r"));
  add(Key("d", "s", "r"));
  add(ReceiptKey{nbo::v1::IDENTITY_TYPE_PHONE, "c", "s", "r"});
  EXPECT_EQ(book.receipt_count(), 4u);
  nbo::v1::Purchase purchase;
  book.Fill(3, &purchase);
  EXPECT_EQ(purchase.customer().identity().type(), nbo::v1::IDENTITY_TYPE_PHONE);
  EXPECT_EQ(purchase.customer().identity().value(), "c");
}

TEST(ReceiptGroupingTest, ShiftsAllReceiptsByTheSameWeeks) {
  ReceiptBook book;
  book.AddLine(Key("c", "s", "r1"), At("2017-12-31 20:00:00"), nbo::v1::CHANNEL_POS, {"p", "", 1000, 1, 0}, {0, 2});
  book.AddLine(Key("c", "s", "r2"), At("2017-12-30 20:00:00"), nbo::v1::CHANNEL_POS, {"p", "", 1000, 1, 0}, {0, 3});
  book.Spoil(Key("c", "s", "r3"), {0, 4});
  ASSERT_NE(book.last_time(), nullptr);
  EXPECT_EQ(book.last_time()->time, At("2017-12-31 20:00:00").time);
  book.ShiftAll(2, absl::UTCTimeZone());
  EXPECT_EQ(book.last_time()->time, At("2018-01-14 20:00:00").time);
  EXPECT_TRUE(book.spoiled(2));
}

TEST(ReceiptGroupingTest, EachRevisionIsAMessageOfItsOwn) {
  ReceiptBook book;
  ReceiptKey key = Key("c", "s", "r");
  for (const int32_t revision : {0, 2, 0}) {
    key.revision = revision;
    book.AddLine(key, At("2017-01-01"), nbo::v1::CHANNEL_POS, {"p", "", 1000, 1, 0}, {0, 2});
  }
  ASSERT_EQ(book.receipt_count(), 2u);
  EXPECT_EQ(book.line_count(0), 2);
  nbo::v1::Purchase purchase;
  book.Fill(1, &purchase);
  EXPECT_EQ(purchase.revision(), 2);
  book.Spoil(key, {0, 3});
  EXPECT_TRUE(book.spoiled(0));
  EXPECT_FALSE(book.spoiled(1)) << "another revision was read well";
  key.revision = kUnknownRevision;
  book.Spoil(key, {0, 4});
  EXPECT_TRUE(book.spoiled(1)) << "the line may have been its";
}

TEST(ReceiptGroupingTest, GathersReturnsByTheReceiptTheyName) {
  ReceiptBook book;
  const ReceiptKey key = Key("c", "s", "r");
  const auto add = [&](LineValues line, absl::string_view receipt, absl::string_view store, bool whole = false) {
    line.returned_receipt_id = receipt;
    line.returned_store_id = store;
    line.whole_return = whole;
    EXPECT_TRUE(book.AddLine(key, At("2017-01-01"), nbo::v1::CHANNEL_POS, line, {0, 2}));
  };
  add({"p1", "", -1000, -10, 0}, "old", "");
  add({"p2", "", 1000, 30, 0}, "", "");
  add({"p3", "", -1000, -20, 0}, "old", "t");
  add({"p4", "", -1000, -40, 0}, "old", "s");
  add({}, "older", "", true);
  nbo::v1::Purchase purchase;
  book.Fill(0, &purchase);
  ASSERT_EQ(purchase.lines_size(), 1);
  EXPECT_EQ(purchase.lines(0).product_id(), "p2");
  ASSERT_EQ(purchase.returns_size(), 3);
  EXPECT_FALSE(purchase.returns(0).has_store_id());
  ASSERT_EQ(purchase.returns(0).lines_size(), 2) << "its own store named or not is the same receipt";
  EXPECT_EQ(purchase.returns(0).lines(1).amount_minor(), -40);
  EXPECT_EQ(purchase.returns(1).store_id(), "t");
  EXPECT_EQ(purchase.returns(2).receipt_id(), "older");
  EXPECT_TRUE(purchase.returns(2).whole());
  EXPECT_EQ(purchase.returns(2).lines_size(), 0);
  EXPECT_EQ(book.line_count(0), 5);
}

TEST(ReceiptGroupingTest, ACancelledReceiptHasNoLines) {
  ReceiptBook book;
  const ReceiptKey key = Key("c", "s", "r");
  const LineValues line{"p", "", 1000, 1, 0};
  EXPECT_TRUE(book.AddCancellation(key, At("2017-01-02"), nbo::v1::CHANNEL_POS, {0, 2}));
  EXPECT_TRUE(book.AddCancellation(key, At("2017-01-01"), nbo::v1::CHANNEL_POS, {0, 3}));
  EXPECT_FALSE(book.AddLine(key, At("2017-01-01"), nbo::v1::CHANNEL_POS, line, {0, 4}));
  EXPECT_EQ(book.line_count(0), 2);
  nbo::v1::Purchase purchase;
  book.Fill(0, &purchase);
  EXPECT_TRUE(purchase.cancelled());
  EXPECT_EQ(purchase.lines_size(), 0);
  EXPECT_EQ(absl::FromUnixSeconds(purchase.time().seconds()), At("2017-01-01").time);
  EXPECT_TRUE(book.AddLine(Key("c", "s", "r2"), At("2017-01-01"), nbo::v1::CHANNEL_POS, line, {0, 5}));
  EXPECT_FALSE(book.AddCancellation(Key("c", "s", "r2"), At("2017-01-01"), nbo::v1::CHANNEL_POS, {0, 6}));
}

TEST(ReceiptGroupingTest, ASpoiledReceiptStaysSpoiledWhateverFollows) {
  ReceiptBook book;
  book.Spoil(Key("c", "s", "r"), {0, 2});
  book.AddLine(Key("c", "s", "r"), At("2017-12-31"), nbo::v1::CHANNEL_POS, {"p", "", 1000, 1, 0}, {0, 3});
  EXPECT_EQ(book.receipt_count(), 1u);
  EXPECT_TRUE(book.spoiled(0));
  EXPECT_EQ(book.line_count(0), 1);
  EXPECT_EQ(book.last_time(), nullptr);
}

}  // namespace
}  // namespace nbo::ctl
