#include "storage/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
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
// Numbers of the whole test program; what they are is tested in numbers_test.cc.
Numbers& TheNumbers() {
  static Numbers* numbers = new Numbers;
  return *numbers;
}
std::string Encoded(const CustomerState& state, Numbers* numbers = &TheNumbers()) {
  std::string bytes = "what was there before";
  UnwrittenNumbers unwritten;
  EncodeState(state, numbers, &unwritten, &bytes);
  return bytes;
}
absl::Status Decode(absl::string_view bytes, CustomerState* state) { return DecodeState(bytes, TheNumbers(), state); }

// With a value, an empty one and a removed one.
CustomerState WithAttributes() {
  CustomerState state = StateOf(RandomReceipts(5).Many(20, "c"));
  AddAttribute({"tier", "gold", absl::FromUnixMicros(7), "crm"}, &state.attributes);
  AddAttribute({"note", "", absl::FromUnixMicros(8), ""}, &state.attributes);
  AddAttribute({"app", std::nullopt, absl::FromUnixMicros(-9), "app"}, &state.attributes);
  return state;
}

TEST(StateCodec, DecodesWhatItEncoded) {
  CustomerState decoded;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    RandomReceipts random(seed);
    const CustomerState state = StateOf(random.Many(static_cast<size_t>(random.Below(150)), "c"));
    ASSERT_TRUE(Decode(Encoded(state), &decoded).ok()) << "seed " << seed;
    ASSERT_EQ(StateDigest(decoded), StateDigest(state)) << "seed " << seed;
  }
}

TEST(StateCodec, DecodesTheEmptyState) {
  CustomerState decoded = StateOf(RandomReceipts(1).Many(20, "c"));
  ASSERT_TRUE(Decode(Encoded(CustomerState()), &decoded).ok());
  EXPECT_EQ(StateDigest(decoded), StateDigest(CustomerState()));
}

TEST(StateCodec, KeepsTheDaysAtTheEdgesOfTime) {
  for (const std::vector<Day>& days : {std::vector<Day>{0}, {0, 20'000}, {399, 0}, {400, 0}, {2'932'896, 0}}) {
    std::vector<Receipt> receipts;
    for (Day day : days) receipts.push_back(ReceiptOf("c", absl::StrCat(day), day, {Bought("A", 1), Returned("B", 1)}));
    CustomerState decoded;
    ASSERT_TRUE(Decode(Encoded(StateOf(receipts)), &decoded).ok());
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
      ASSERT_TRUE(Decode(Encoded(state), &resumed).ok());
      for (size_t i = 50; i < receipts.size(); ++i) Fold(receipts[i], &resumed);
      ASSERT_EQ(Encoded(resumed), bytes) << "seed " << seed << ", shuffle " << shuffle;
    }
  }
}

// Pins the bytes: a build that writes others cannot read the stores of this one, and must raise kFormatVersion.
TEST(StateCodec, WritesTheBytesOfItsFormat) {
  ASSERT_EQ(kFormatVersion, 5);
  Numbers numbers;
  CustomerState state = StateOf({ReceiptOf("c", "1", 100, {Bought("abc", 500, 20)}, "s1", Channel::kPos),
                                 ReceiptOf("c", "2", 97, {Bought("abc", 70), Returned("d", 3000)}, "s2")});
  AddConsent({Channel::kSms, true, absl::FromUnixMicros(7), "till"}, &state);
  // Without attributes, the bytes of format 2: stores of any format are read, and nobody is written anew.
  const std::string before =
      absl::HexStringToBytes("2110813c0283f659a16fdc466c12e8134a007d566fa7e308f4f90492042d2ec107a44b636303");
  EXPECT_EQ(absl::BytesToHexString(Encoded(state, &numbers)), absl::BytesToHexString(before));
  CustomerState decoded = WithAttributes();
  ASSERT_TRUE(DecodeState(before, numbers, &decoded).ok());
  EXPECT_EQ(StateDigest(decoded), StateDigest(state));
  EXPECT_TRUE(decoded.attributes.empty());
  AddAttribute({"tier", "gold", absl::FromUnixMicros(9), "crm"}, &state.attributes);
  AddAttribute({"a", std::nullopt, absl::FromUnixMicros(-9), ""}, &state.attributes);
  EXPECT_EQ(
      absl::BytesToHexString(Encoded(state, &numbers)),
      "2210813c0283f659a16fdc466c12e8134a007d566fa7e308f4f90492042d2ec107a44b6363131818a6100103d2a595c91df0ec8d8dac200"
      "58fc9b501");
}

TEST(StateCodec, TakesFewBytes) {
  CustomerState state;
  RandomReceipts random(4);
  for (int i = 0; i < 50; ++i) {
    std::vector<ReceiptLine> lines;
    for (int line = 0; line < 3; ++line) lines.push_back(Bought(absl::StrCat(random.Below(60)), random.Below(1500)));
    Fold(ReceiptOf("c", absl::StrCat(i), 20'000 + 7 * i, lines, absl::StrCat("s", random.Below(4))), &state);
  }
  EXPECT_GT(state.categories.size(), 45u);
  EXPECT_LT(Encoded(state).size(), 400u);
}

TEST(StateCodec, TwentyYearsOfDailyShoppingStaySmall) {
  RandomReceipts random(1);
  CustomerState state;
  for (Day day = 0; day < 20 * 365; ++day) {
    std::vector<ReceiptLine> lines;
    for (int i = 0; i < 5; ++i)
      lines.push_back(Bought(absl::StrCat("category ", random.Below(300)), random.Below(5000)));
    Fold(ReceiptOf("c", absl::StrCat(day), day, lines, absl::StrCat("store-", random.Below(10))), &state);
  }
  EXPECT_EQ(state.days.size(), static_cast<size_t>(kDetailedDays));
  EXPECT_EQ(state.categories.size(), 300u);
  const size_t bytes = Encoded(state).size();
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LT(bytes, 4096u) << bytes;
}

TEST(StateCodec, KeepsAnyNumbers) {
  std::mt19937_64 random(1);
  auto any = [&] { return static_cast<int64_t>(random() >> random() % 64 << random() % 2 * (random() % 64)); };
  CustomerState decoded;
  for (int round = 0; round < 2000; ++round) {
    CustomerState state;
    state.newest_day = static_cast<Day>(random() % 3'000'000);
    for (Day* day : {&state.first_visit_day, &state.last_visit_day}) {
      if (random() % 3 != 0) *day = static_cast<Day>(random() % 3'000'000) - 1'000'000;
    }
    state.receipts = any();
    if (random() % 3 == 0) state.older = {0, any(), any(), any()};
    const auto share = random() % 5;
    for (Day ago = kDetailedDays - 1; ago >= 0; --ago) {
      if (random() % 5 < share) state.days.push_back({state.newest_day - ago, any(), any(), any()});
    }
    for (auto count = random() % 120; count > 0; --count) {
      state.categories.push_back({Hash64(absl::StrCat(random() % 500)), any(), any(), kNoDay});
      if (random() % 4 != 0) state.categories.back().last_day = state.newest_day - static_cast<Day>(random() % 500);
    }
    std::sort(state.categories.begin(), state.categories.end(),
              [](const CategoryTotals& a, const CategoryTotals& b) { return a.category < b.category; });
    state.categories.erase(
        std::unique(state.categories.begin(), state.categories.end(),
                    [](const CategoryTotals& a, const CategoryTotals& b) { return a.category == b.category; }),
        state.categories.end());
    for (auto count = random() % 5; count > 0; --count) {
      state.stores.push_back({absl::StrCat("s", count), any(), state.newest_day - static_cast<Day>(count)});
    }
    std::sort(state.stores.begin(), state.stores.end(),
              [](const StoreTotals& a, const StoreTotals& b) { return a.store_id < b.store_id; });
    for (int64_t& visits : state.channel_visits) visits = random() % 2 == 0 ? any() : 0;
    ASSERT_TRUE(Decode(Encoded(state), &decoded).ok()) << round;
    ASSERT_EQ(StateDigest(decoded), StateDigest(state)) << round;
  }
}

TEST(StateCodec, AnythingCutOffIsNoticed) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string bytes = Encoded(StateOf(RandomReceipts(seed).Many(40, "c")));
    CustomerState state;
    EXPECT_EQ(Decode("this is no state", &state).code(), absl::StatusCode::kDataLoss);
    for (size_t length = 0; length < bytes.size(); ++length) {
      ASSERT_EQ(Decode(bytes.substr(0, length), &state).code(), absl::StatusCode::kDataLoss) << length;
    }
    EXPECT_EQ(Decode(bytes + '\0', &state).code(), absl::StatusCode::kDataLoss);
  }
}

TEST(StateCodec, SurvivesAnyCorruption) {
  std::string bytes = Encoded(StateOf(RandomReceipts(6).Many(60, "c")));
  RandomReceipts random(7);
  CustomerState state;
  for (int round = 0; round < 100'000; ++round) {
    std::string corrupt = bytes;
    for (int64_t flips = 1 + random.Below(4); flips > 0; --flips) {
      corrupt[static_cast<size_t>(random.Below(static_cast<int64_t>(corrupt.size())))] =
          static_cast<char>(random.Below(256));
    }
    const absl::Status status = Decode(corrupt, &state);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << "round " << round;
  }
}

TEST(StateCodec, AnUnknownNumberIsDataLoss) {
  const std::string bytes = Encoded(StateOf({ReceiptOf("c", "1", 100, {Bought("abc", 500)}, "s1")}));
  CustomerState state;
  EXPECT_TRUE(Decode(bytes, &state).ok());
  EXPECT_EQ(DecodeState(bytes, Numbers(), &state).code(), absl::StatusCode::kDataLoss);
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

TEST(StateCodec, KeepsAttributesOfAnySizeAndTheRemovedOnes) {
  CustomerState state = WithAttributes();
  for (size_t i = state.attributes.size(); i < kMaxAttributeKeysPerCustomer; ++i) {
    AddAttribute({absl::StrCat("k", i, std::string(61 - i / 10, 'k')), std::string(256, 'v'),
                  absl::FromUnixMicros(INT64_MAX), std::string(64, 's')},
                 &state.attributes);
  }
  CustomerState decoded = WithAttributes();
  ASSERT_TRUE(Decode(Encoded(state), &decoded).ok());
  EXPECT_EQ(decoded.attributes, state.attributes);
  EXPECT_EQ(StateDigest(decoded), StateDigest(state));
  ASSERT_TRUE(Decode(Encoded(CustomerState()), &decoded).ok());
  EXPECT_TRUE(decoded.attributes.empty()) << "nothing is left of the one before";
}

TEST(StateCodec, AttributesInAnyOrderGiveTheSameBytes) {
  const CustomerState state = WithAttributes();
  CustomerState other = state;
  other.attributes.clear();
  for (auto it = state.attributes.rbegin(); it != state.attributes.rend(); ++it) AddAttribute(*it, &other.attributes);
  EXPECT_EQ(Encoded(other), Encoded(state));
}

TEST(StateCodec, CutOffOrDamagedAttributesAreNoticedOrHarmless) {
  const std::string bytes = Encoded(WithAttributes());
  CustomerState state;
  for (size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_EQ(Decode(bytes.substr(0, length), &state).code(), absl::StatusCode::kDataLoss) << length;
  }
  RandomReceipts random(8);
  for (int round = 0; round < 20'000; ++round) {
    std::string corrupt = bytes;
    corrupt[static_cast<size_t>(random.Below(static_cast<int64_t>(corrupt.size())))] =
        static_cast<char>(random.Below(256));
    const absl::Status status = Decode(corrupt, &state);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << "round " << round;
    ASSERT_LE(state.attributes.size(), kMaxAttributeKeysPerCustomer);
  }
}

TEST(StateCodec, KeepsConsentsAndTheMomentOfANewBeginning) {
  CustomerState state;
  Fold(ReceiptOf("c", "1", 100, {Bought("A", 5)}), &state);
  AddConsent({Channel::kSms, true, absl::FromUnixMicros(7), "till"}, &state);
  AddConsent({Channel::kEmail, false, absl::FromUnixMicros(8), ""}, &state);
  state.not_before = absl::FromUnixMicros(-3);
  CustomerState decoded;
  decoded.consents.resize(5);
  ASSERT_TRUE(Decode(Encoded(state), &decoded).ok());
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
  EXPECT_EQ(hex(MeaningKey(2, 0x01020304)), "0201020304");
  uint8_t kind = 0;
  uint32_t number = 0;
  ASSERT_TRUE(SplitMeaningKey(MeaningKey(2, 0xF1020304), &kind, &number));
  EXPECT_EQ(number, 0xF1020304);
  EXPECT_FALSE(SplitMeaningKey("", &kind, &number));
  nbo::ReceiptKey receipt;
  ASSERT_TRUE(SplitRecordKey(RecordKey({"a", "s1", "r9"}), "a", &receipt));
  EXPECT_EQ(receipt, (nbo::ReceiptKey{"s1", "r9"}));
  EXPECT_FALSE(SplitRecordKey(CustomerPrefix("a"), "a", &receipt));
}

}  // namespace
}  // namespace nbo::storage
