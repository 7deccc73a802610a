#include "core/base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/base/channel.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/profile/identity.h"
#include "core/profile/state.h"

namespace nbo {
namespace {

// Known values of XXH3-64 and XXH32. Both hashes are on disk: if one of these fails, every store in the world is
// unreadable. Change the code, never the numbers.
TEST(Hash64, IsXxh3WithSeedZeroForEver) {
  EXPECT_EQ(Hash64(""), 0x2D06800538D394C2u);
  EXPECT_EQ(Hash64("a"), 0xE6C632B61E964E1Fu);
  EXPECT_EQ(Hash64("abc"), 0x78AF5F94892F3950u);
}

TEST(PartitionOf, IsXxh32Modulo64ForEver) {
  EXPECT_EQ(PartitionOf(""), 0x02CC5D05u % 64);
  EXPECT_EQ(PartitionOf("a"), 0x550D7456u % 64);
  EXPECT_EQ(PartitionOf("abc"), 0x32D153FFu % 64);
  EXPECT_EQ(PartitionOf("Nobody inspects the spammish repetition"), 0xE2293B2Fu % 64);
}

TEST(PartitionOf, UsesEveryPartition) {
  std::set<uint32_t> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(PartitionOf("customer-" + std::to_string(i)));
  EXPECT_EQ(seen.size(), kPartitions);
  EXPECT_EQ(*seen.rbegin(), kPartitions - 1);
}

TEST(CategoryKey, IsTheHashOfTheName) { EXPECT_EQ(CategoryKey("abc"), 0x78AF5F94892F3950u); }

TEST(Digest, WritesNumbersLittleEndianAndTextsWithTheirLength) {
  std::string bytes;
  AppendNumber(0x0102030405060708, &bytes);
  AppendNumber(-1, &bytes);
  AppendString("ab", &bytes);
  EXPECT_EQ(bytes, std::string("\x08\x07\x06\x05\x04\x03\x02\x01"
                               "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                               "\x02\0\0\0\0\0\0\0ab",
                               26));
}

TEST(Limits, SumsOfAStateCannotOverflow) {
  EXPECT_LE(kMaxReceiptAmountMinor, INT64_MAX / kMaxReceiptsPerCustomer);
  EXPECT_LE(kMaxLineAmountMinor, INT64_MAX / static_cast<int64_t>(kMaxLinesPerReceipt));
}

TEST(Limits, ADerivedIdIsAnIdAndItsLengthFitsTheReceiptKey) {
  const Identity longest{IdentityType::kPhone, std::string(kMaxIdentityBytes, '9')};
  EXPECT_LE(DerivedCustomerId(longest).size(), kMaxIdBytes);
  EXPECT_LE(kMaxIdBytes, 255u) << "storage/layout.h keeps lengths in one byte";
}

TEST(Channel, NamesAreTheirOwnInverse) {
  std::set<std::string> names;
  for (int i = 1; i < kChannelCount; ++i) {
    const Channel channel = static_cast<Channel>(i);
    names.insert(std::string(ChannelName(channel)));
    EXPECT_EQ(ChannelByName(ChannelName(channel)), channel);
  }
  EXPECT_EQ(names.size(), kChannelCount - 1u);
  EXPECT_EQ(ChannelName(Channel::kUnspecified), "");
}

TEST(Channel, OtherWordsAreNoChannel) {
  for (const char* word : {"", "pos", "Pos", "POS ", "TILL"}) EXPECT_FALSE(ChannelByName(word).has_value()) << word;
}

}  // namespace
}  // namespace nbo
