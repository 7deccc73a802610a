#include "core/profile/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/limits.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Day kToday = 19'000;

class RecorderTest : public ::testing::Test {
 protected:
  std::vector<absl::StatusOr<RecordResult>> Record(const std::vector<Receipt>& receipts) {
    return recorder_.Record(Pointers(receipts));
  }
  CustomerState State(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state;
  }

  FlakyStore store_;
  Recorder recorder_{&store_};
};

TEST_F(RecorderTest, AnyGroupingAnyOrderAndAnyRepetitionGiveTheSameState) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomReceipts random(seed);
    std::vector<Receipt> receipts;
    for (int i = 0; i < 120; ++i) receipts.push_back(random.Next(absl::StrCat("customer-", random.Below(3))));
    MemoryProfileStore one_by_one;
    Recorder plain(&one_by_one);
    for (const Receipt& receipt : receipts) {
      const Receipt* const single[] = {&receipt};
      ASSERT_EQ(*plain.Record(single)[0], RecordResult::kAccepted);
    }
    // Once more: shuffled, half of them twice, in groups of random size.
    for (size_t i = 0; i < 60; ++i) receipts.push_back(receipts[i]);
    random.Shuffle(&receipts);
    MemoryProfileStore grouped;
    Recorder recorder(&grouped);
    int accepted = 0;
    for (size_t begin = 0; begin < receipts.size();) {
      const size_t end = std::min(receipts.size(), begin + 1 + static_cast<size_t>(random.Below(30)));
      const std::vector<Receipt> group(receipts.begin() + begin, receipts.begin() + end);
      for (const auto& result : recorder.Record(Pointers(group))) {
        ASSERT_TRUE(result.ok()) << "seed " << seed;
        accepted += *result == RecordResult::kAccepted;
      }
      begin = end;
    }
    EXPECT_EQ(accepted, 120) << "seed " << seed;
    for (const char* customer : {"customer-0", "customer-1", "customer-2"}) {
      CustomerState a, b;
      ASSERT_TRUE(*one_by_one.ReadState(customer, &a));
      ASSERT_TRUE(*grouped.ReadState(customer, &b));
      ASSERT_EQ(StateDigest(a), StateDigest(b)) << customer << ", seed " << seed;
    }
    EXPECT_EQ(one_by_one.category_names().size(), grouped.category_names().size());
  }
}

TEST_F(RecorderTest, AReceiptSentAgainIsADuplicateAndCountsOnce) {
  const Receipt receipt = ReceiptOf("c", "1", kToday, {Bought("MILK", 100), Bought("BREAD", 200)});
  EXPECT_EQ(*Record({receipt})[0], RecordResult::kAccepted);
  Receipt reordered = receipt;
  std::swap(reordered.lines[0], reordered.lines[1]);
  EXPECT_EQ(*Record({reordered})[0], RecordResult::kDuplicate);
  EXPECT_EQ(State("c").receipts, 1);
  EXPECT_EQ(store_.writes, 1) << "nothing to write for a duplicate";
}

TEST_F(RecorderTest, ADuplicateWithinOneGroupCountsOnce) {
  const Receipt receipt = ReceiptOf("c", "1", kToday, {Bought("MILK", 100)});
  const auto results = Record({receipt, receipt, ReceiptOf("c", "2", kToday, {Bought("MILK", 100)})});
  EXPECT_EQ(*results[0], RecordResult::kAccepted);
  EXPECT_EQ(*results[1], RecordResult::kDuplicate);
  EXPECT_EQ(*results[2], RecordResult::kAccepted);
  EXPECT_EQ(State("c").receipts, 2);
  EXPECT_EQ(store_.writes, 1) << "one write for the group";
}

TEST_F(RecorderTest, AnIdTakenByOtherContentIsRefusedAlone) {
  const Receipt stored = ReceiptOf("c", "1", kToday, {Bought("MILK", 100)});
  ASSERT_TRUE(Record({stored})[0].ok());
  const auto results = Record({ReceiptOf("c", "1", kToday, {Bought("MILK", 101)}),    // differs from the stored one
                               ReceiptOf("c", "2", kToday, {Bought("MILK", 100)}),    // good
                               ReceiptOf("c", "2", kToday, {Bought("MILK", 999)})});  // differs from the one before
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(results[0].status().message()), StartsWith("purchase.receipt_id: receipt '1' of store 's1'"));
  EXPECT_EQ(*results[1], RecordResult::kAccepted);
  EXPECT_EQ(results[2].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(State("c").receipts, 2);
  EXPECT_EQ(State("c").days[0].revenue_minor, 200);
}

TEST_F(RecorderTest, TheSameReceiptIdOfAnotherStoreOrCustomerIsAnotherReceipt) {
  const auto results =
      Record({ReceiptOf("c", "1", kToday, {Bought("A", 1)}, "s1"), ReceiptOf("c", "1", kToday, {Bought("A", 2)}, "s2"),
              ReceiptOf("d", "1", kToday, {Bought("A", 3)}, "s1"), ReceiptOf("c", "1", kToday, {Bought("A", 4)}, "")});
  for (const auto& result : results) EXPECT_EQ(*result, RecordResult::kAccepted);
  EXPECT_EQ(State("c").receipts, 3);
  EXPECT_EQ(State("d").receipts, 1);
}

TEST_F(RecorderTest, IdsThatConcatenateAlikeAreKeptApart) {
  const auto results = Record(
      {ReceiptOf("c", "b1", kToday, {Bought("A", 1)}, "a"), ReceiptOf("c", "1", kToday, {Bought("A", 2)}, "ab")});
  EXPECT_EQ(*results[0], RecordResult::kAccepted);
  EXPECT_EQ(*results[1], RecordResult::kAccepted);
}

TEST_F(RecorderTest, AFailedWriteCountsNothingAndSaysSendAgain) {
  store_.fail_writes = true;
  const std::vector<Receipt> group = {ReceiptOf("c", "1", kToday, {Bought("MILK", 100)}),
                                      ReceiptOf("c", "1", kToday, {Bought("MILK", 100)}),
                                      ReceiptOf("d", "2", kToday, {Bought("BREAD", 100)})};
  for (const auto& result : Record(group)) EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(State("c").receipts, 0);
  EXPECT_EQ(store_.category_names().size(), 0u);

  store_.fail_writes = false;
  const auto again = Record(group);
  EXPECT_EQ(*again[0], RecordResult::kAccepted);
  EXPECT_EQ(*again[1], RecordResult::kDuplicate);
  EXPECT_EQ(*again[2], RecordResult::kAccepted);
  EXPECT_EQ(State("c").receipts, 1);
}

TEST_F(RecorderTest, AFailedWriteKeepsTheRefusalsThatHaveTheirOwnReason) {
  ASSERT_TRUE(Record({ReceiptOf("c", "1", kToday, {Bought("A", 1)})})[0].ok());
  store_.fail_writes = true;
  const auto results =
      Record({ReceiptOf("c", "1", kToday, {Bought("A", 2)}), ReceiptOf("c", "2", kToday, {Bought("A", 1)})});
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RecorderTest, AFailedReadRefusesTheWholeGroupAndWritesNothing) {
  const std::vector<Receipt> group = {ReceiptOf("c", "1", kToday, {Bought("A", 1)}),
                                      ReceiptOf("d", "2", kToday, {Bought("A", 1)})};
  for (std::atomic<bool>* failure : {&store_.fail_read_states, &store_.fail_read_records}) {
    *failure = true;
    const auto results = Record(group);
    ASSERT_EQ(results.size(), 2u);
    for (const auto& result : results) EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
    *failure = false;
  }
  EXPECT_EQ(store_.writes, 0);
}

TEST_F(RecorderTest, ADamagedStateRefusesItsOwnReceiptsOnly) {
  store_.damaged_customer = "broken";
  const auto results =
      Record({ReceiptOf("c", "1", kToday, {Bought("A", 1)}), ReceiptOf("broken", "2", kToday, {Bought("A", 1)}),
              ReceiptOf("c", "1", kToday, {Bought("A", 1)}), ReceiptOf("d", "3", kToday, {Bought("A", 1)})});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(*results[0], RecordResult::kAccepted);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(*results[2], RecordResult::kDuplicate);
  EXPECT_EQ(*results[3], RecordResult::kAccepted);
  EXPECT_EQ(State("c").receipts, 1);
}

TEST_F(RecorderTest, AFullCustomerIsRefusedAndTheOthersOfTheGroupAreNot) {
  CustomerState full;
  full.receipts = kMaxReceiptsPerCustomer;
  full.newest_day = kToday;
  WriteGroup group;
  group.states.push_back({"full", &full});
  ASSERT_TRUE(store_.Write(group).ok());
  const auto results =
      Record({ReceiptOf("full", "1", kToday, {Bought("A", 1)}), ReceiptOf("c", "1", kToday, {Bought("A", 1)})});
  EXPECT_EQ(results[0].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(*results[1], RecordResult::kAccepted);
  EXPECT_EQ(State("full").receipts, kMaxReceiptsPerCustomer);
}

TEST_F(RecorderTest, RoomIsCountedWithinTheGroupToo) {
  std::vector<Receipt> group;
  for (size_t i = 0; i <= kMaxCategoriesPerCustomer; ++i) {
    group.push_back(ReceiptOf("c", absl::StrCat(i), kToday, {Bought(absl::StrCat("category ", i), 1)}));
  }
  const auto results = Record(group);
  EXPECT_TRUE(results[kMaxCategoriesPerCustomer - 1].ok());
  EXPECT_EQ(results[kMaxCategoriesPerCustomer].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(State("c").categories.size(), kMaxCategoriesPerCustomer);
}

TEST_F(RecorderTest, TheDeploymentTakesItsLastCategoryAndRefusesTheNext) {
  WriteGroup names;
  for (size_t i = 0; i + 1 < kMaxCategories; ++i) names.new_categories.push_back(absl::StrCat("category ", i));
  ASSERT_TRUE(store_.Write(names).ok());
  const auto results = Record({ReceiptOf("c", "1", kToday, {Bought("last", 1)}),
                               ReceiptOf("c", "2", kToday, {Bought("one too many", 1)}),
                               ReceiptOf("c", "3", kToday, {Bought("category 0", 1), Bought("last", 1)})});
  EXPECT_EQ(*results[0], RecordResult::kAccepted);
  EXPECT_EQ(results[1].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(results[1].status().message()), HasSubstr("'one too many'"));
  EXPECT_EQ(*results[2], RecordResult::kAccepted) << "known names are always welcome";
  EXPECT_EQ(store_.category_names().size(), kMaxCategories);
  EXPECT_EQ(store_.category_names().Name(CategoryKey("last")), "last");
}

}  // namespace
}  // namespace nbo
