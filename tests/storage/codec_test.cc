#include "storage/codec.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "core/profile/fold.h"
#include "storage/layout.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo::storage {
namespace {

CustomerState StateOf(const std::vector<Receipt>& receipts) {
  CustomerState state;
  for (const Receipt& receipt : receipts) Fold(receipt, &state);
  return state;
}
std::string Encoded(const CustomerState& state) {
  std::string bytes = "what was there before";
  EncodeState(state, &bytes);
  return bytes;
}

TEST(StateCodec, DecodesWhatItEncoded) {
  CustomerState decoded;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    RandomReceipts random(seed);
    const CustomerState state = StateOf(random.Many(static_cast<size_t>(random.Below(150)), "c"));
    ASSERT_TRUE(DecodeState(Encoded(state), &decoded).ok()) << "seed " << seed;
    ASSERT_EQ(StateDigest(decoded), StateDigest(state)) << "seed " << seed;
  }
}

TEST(StateCodec, DecodesTheEmptyState) {
  CustomerState decoded = StateOf(RandomReceipts(1).Many(20, "c"));
  ASSERT_TRUE(DecodeState(Encoded(CustomerState()), &decoded).ok());
  EXPECT_EQ(StateDigest(decoded), StateDigest(CustomerState()));
}

TEST(StateCodec, KeepsTheDaysAtTheEdgesOfTime) {
  for (const std::vector<Day>& days : {std::vector<Day>{0}, {0, 20'000}, {399, 0}, {400, 0}, {2'932'896, 0}}) {
    std::vector<Receipt> receipts;
    for (Day day : days) receipts.push_back(ReceiptOf("c", absl::StrCat(day), day, {Bought("A", 1), Returned("B", 1)}));
    CustomerState decoded;
    ASSERT_TRUE(DecodeState(Encoded(StateOf(receipts)), &decoded).ok());
    EXPECT_EQ(StateDigest(decoded), StateDigest(StateOf(receipts)));
  }
}

TEST(StateCodec, TheSameReceiptsInAnyOrderGiveTheSameBytes) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    RandomReceipts random(seed);
    std::vector<Receipt> receipts = random.Many(120, "c");
    const std::string bytes = Encoded(StateOf(receipts));
    for (int shuffle = 0; shuffle < 4; ++shuffle) {
      random.Shuffle(&receipts);
      // Stored and read back half-way, as a restart does.
      CustomerState state = StateOf({receipts.begin(), receipts.begin() + 50});
      CustomerState resumed;
      ASSERT_TRUE(DecodeState(Encoded(state), &resumed).ok());
      for (size_t i = 50; i < receipts.size(); ++i) Fold(receipts[i], &resumed);
      ASSERT_EQ(Encoded(resumed), bytes) << "seed " << seed << ", shuffle " << shuffle;
    }
  }
}

// Pins the bytes: a build that writes others cannot read the stores of this one, and must raise kFormatVersion.
TEST(StateCodec, WritesTheBytesOfItsFormat) {
  ASSERT_EQ(kFormatVersion, 2);
  const CustomerState state = StateOf({ReceiptOf("c", "1", 100, {Bought("abc", 500, 20)}, "s1", Channel::kPos)});
  EXPECT_EQ(absl::BytesToHexString(Encoded(state)),
            "0801"    // receipts 1
            "10c801"  // newest_day 100
            "1802"
            "2002"                  // first and last visit: 0 days before, plus 1
            "420100"                // day_gaps [0]
            "4a0101"                // day_visits [1]
            "5202e807"              // day_revenue_minor [500]
            "5a0128"                // day_discount_minor [20]
            "620850392f89945faf78"  // category_keys [XXH3("abc")]
            "6a0101"                // category_visits [1]
            "7202e807"              // category_revenue_minor [500]
            "7a0102"                // category_last_ago [1]
            "8201027331"            // store_ids ["s1"]
            "8a010101"              // store_visits [1]
            "92010102"              // store_last_ago [1]
            "9a01020001");          // channel_visits [0, 1]
}

TEST(StateCodec, NoticesTornAndForeignBytes) {
  const std::string bytes = Encoded(StateOf(RandomReceipts(5).Many(40, "c")));
  CustomerState state;
  EXPECT_EQ(DecodeState("this is no state", &state).code(), absl::StatusCode::kDataLoss);
  size_t refused = 0;
  for (size_t length = 0; length < bytes.size(); ++length) {
    const absl::Status status = DecodeState(absl::string_view(bytes).substr(0, length), &state);
    if (status.ok()) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    ++refused;
  }
  EXPECT_GT(refused, bytes.size() * 9 / 10) << "a torn record is noticed but for the few cuts between whole columns";
}

TEST(StateCodec, SurvivesAnyCorruption) {
  const std::string bytes = Encoded(StateOf(RandomReceipts(6).Many(60, "c")));
  RandomReceipts random(7);
  google::protobuf::LogSilencer silence;  // it would tell of every store id that is no longer UTF-8
  CustomerState state;
  for (int round = 0; round < 20'000; ++round) {
    std::string corrupt = bytes;
    for (int64_t flips = 1 + random.Below(4); flips > 0; --flips) {
      corrupt[static_cast<size_t>(random.Below(static_cast<int64_t>(corrupt.size())))] =
          static_cast<char>(random.Below(256));
    }
    const absl::Status status = DecodeState(corrupt, &state);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << "round " << round;
  }
}

TEST(StateCodec, RefusesMoreChannelsThanThereAre) {
  CustomerState state;
  const std::string thirteen = std::string("\x9A\x01\x0D", 3) + std::string(13, '\1');
  EXPECT_EQ(DecodeState(thirteen, &state).code(), absl::StatusCode::kDataLoss);
}

ReceiptRecord RecordOf(const Receipt& receipt) {
  ReceiptRecord record;
  record.content = KeepContent(receipt, ContentDigest(receipt));
  return record;
}

TEST(RecordCodec, GivesRandomReceiptsBack) {
  for (const Receipt& receipt : RandomReceipts(3).Many(200, "c")) {
    const ReceiptRecord record = RecordOf(receipt);
    const auto decoded = DecodeRecord(EncodeRecord(record));
    ASSERT_TRUE(decoded.ok());
    ASSERT_EQ(*decoded, record);
  }
}

TEST(RecordCodec, NoTornRecordPassesForAWholeOne) {
  EXPECT_EQ(DecodeRecord("").status().code(), absl::StatusCode::kDataLoss);
  const ReceiptRecord record = RecordOf(ReceiptOf("c", "1", 100, {Bought("A", 5), Bought("B", 6)}));
  const std::string bytes = EncodeRecord(record);
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = DecodeRecord(absl::string_view(bytes).substr(0, length));
    EXPECT_FALSE(decoded.ok() && *decoded == record) << length;
  }
}

TEST(HistoryCodec, SurvivesForeignBytes) {
  EXPECT_EQ(DecodeHistory("\xFF\xFF").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(DecodeCatalog(1, "\xFF\xFF").status().code(), absl::StatusCode::kDataLoss);
}

TEST(StateCodec, KeepsConsentsAndTheMomentOfANewBeginning) {
  CustomerState state;
  Fold(ReceiptOf("c", "1", 100, {Bought("A", 5)}), &state);
  AddConsent({Channel::kSms, true, absl::FromUnixMicros(7), "till"}, &state);
  AddConsent({Channel::kEmail, false, absl::FromUnixMicros(8), ""}, &state);
  state.not_before = absl::FromUnixMicros(-3);
  std::string bytes;
  EncodeState(state, &bytes);
  CustomerState decoded;
  decoded.consents.resize(5);
  ASSERT_TRUE(DecodeState(bytes, &decoded).ok());
  EXPECT_EQ(StateDigest(decoded), StateDigest(state));
  EXPECT_EQ(decoded.consents, state.consents);
  EXPECT_EQ(decoded.not_before, state.not_before);
}

TEST(Layout, KeysAreAsTheHeaderSays) {
  auto hex = [](const std::string& key) { return absl::BytesToHexString(key); };
  EXPECT_EQ(hex(StateKey("a")), "001661");  // XXH32("a") mod 64 is 22
  EXPECT_EQ(hex(RecordKey({"a", "s1", "r9"})),
            "0016"
            "0161"
            "027331"
            "7239");
  const std::string identity = IdentityKey({IdentityType::kLoyaltyCard, "4711"});
  EXPECT_EQ(identity.substr(0, 2), StateKey("~c:4711").substr(0, 2)) << "the partition of the derived customer id";
  EXPECT_EQ(hex(identity.substr(2)), "0134373131");
  EXPECT_EQ(hex(NumberKey(0x0102030405060708)), "0102030405060708");
  EXPECT_EQ(NumberOfKey(NumberKey(~uint64_t{0} - 1)), ~uint64_t{0} - 1);
  EXPECT_EQ(NumberOfKey("short"), 0u);
  EXPECT_EQ(hex(NameKey("a", 3, "x@y")), "0016016103784079");
  EXPECT_EQ(hex(CustomerPrefix("a")), "00160161");
  nbo::ReceiptKey receipt;
  ASSERT_TRUE(SplitRecordKey(RecordKey({"a", "s1", "r9"}), "a", &receipt));
  EXPECT_EQ(receipt, (nbo::ReceiptKey{"s1", "r9"}));
  EXPECT_FALSE(SplitRecordKey(CustomerPrefix("a"), "a", &receipt));
}

}  // namespace
}  // namespace nbo::storage
