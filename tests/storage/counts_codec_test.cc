#include "storage/counts_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

OutcomeCounts RandomCounts(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint64_t> offers(1 + random() % 20), segments(1 + random() % 6);
  for (uint64_t& offer : offers) offer = random();
  for (uint64_t& segment : segments) segment = random();
  segments[0] = 0;
  OutcomeCounts counts;
  for (uint64_t lines = random() % 200; lines > 0; --lines) {
    counts.Add({offers[random() % offers.size()], segments[random() % segments.size()],
                static_cast<Channel>(random() % kChannelCount)},
               {static_cast<int64_t>(random() % 1'000), static_cast<int64_t>(random() % 300)});
  }
  return counts;
}

TEST(CountsCodec, DecodesWhatItEncoded) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const std::vector<OutcomeRow> rows = RandomCounts(seed).Rows();
    const auto decoded = DecodeCounts(EncodeCounts(rows));
    ASSERT_TRUE(decoded.ok()) << "seed " << seed;
    EXPECT_EQ(*decoded, rows) << "seed " << seed;
  }
  EXPECT_EQ(EncodeCounts({}), "");
  EXPECT_TRUE(DecodeCounts("")->empty());
}

TEST(CountsCodec, ARowTakesSixBytesAtMostInALargeCatalog) {
  OutcomeCounts counts;
  std::mt19937_64 random(1);
  for (int offer = 0; offer < 1'000; ++offer) {
    const uint64_t id = random();
    for (uint64_t segment = 1; segment <= 11; ++segment) {
      for (const Channel channel : {Channel::kPos, Channel::kMobileApp, Channel::kWeb}) {
        counts.Add({id, segment * 0x9E3779B97F4A7C15, channel}, {1'000, 100});
      }
    }
  }
  const std::vector<OutcomeRow> rows = counts.Rows();
  ASSERT_EQ(rows.size(), 33'000u);
  EXPECT_LE(EncodeCounts(rows).size(), rows.size() * 6);
}

TEST(CountsCodec, RefusesLinesThatNoCountsHave) {
  const std::vector<OutcomeRow> rows = {{{1, 0, Channel::kPos}, {5, 1}}, {{2, 7, Channel::kWeb}, {6, 2}}};
  const auto refused = [&rows](const auto& change) {
    v1::OutcomeCounts message;
    EXPECT_TRUE(message.ParseFromString(EncodeCounts(rows)));
    change(&message);
    return absl::IsDataLoss(DecodeCounts(message.SerializeAsString()).status());
  };
  using Message = v1::OutcomeCounts;
  EXPECT_FALSE(refused([](Message* m) {}));
  EXPECT_TRUE(refused([](Message* m) { m->add_offers(3); }));
  EXPECT_TRUE(refused([](Message* m) { m->add_successes(3); }));
  EXPECT_TRUE(refused([](Message* m) { m->set_lines_of_offers(0, 2); })) << "more lines than there are";
  EXPECT_TRUE(refused([](Message* m) { m->set_segment_positions(1, 2); })) << "no such segment";
  EXPECT_TRUE(refused([](Message* m) { m->set_channels(0, kChannelCount); }));
  EXPECT_TRUE(refused([](Message* m) { m->set_trials(0, -1); }));
  EXPECT_TRUE(refused([](Message* m) { m->set_successes(1, -1); }));
  EXPECT_TRUE(refused([](Message* m) { m->set_offers(1, 0); })) << "not ascending";
}

TEST(CountsCodec, DamagedBytesAreRefusedOrCounts) {
  for (uint64_t seed = 1; seed <= 1'000; ++seed) {
    std::string bytes = EncodeCounts(RandomCounts(seed).Rows());
    if (bytes.empty()) continue;
    std::mt19937_64 random(seed + 1'000'000);
    for (uint64_t flips = 1 + random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const auto decoded = DecodeCounts(bytes);
    if (!decoded.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(decoded.status())) << "seed " << seed;
      continue;
    }
    OutcomeCounts counts;
    for (const OutcomeRow& row : *decoded) {
      EXPECT_LT(static_cast<int>(row.key.channel), kChannelCount) << "seed " << seed;
      counts.Add(row.key, row.count);
    }
    EXPECT_LE(counts.Rows().size(), decoded->size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nbo::storage
