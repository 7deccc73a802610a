#include "server/http/gzip.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace nbo::server {
namespace {

std::string RandomBytes(size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Gzip, GivesBackWhatItTook) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(1 << 20, 'a'), RandomBytes(100'000)}) {
    const auto back = Gunzip(Gzip(bytes), bytes.size());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, bytes);
  }
  EXPECT_LT(Gzip(std::string(1 << 20, 'a')).size(), 10'000u);
}

TEST(Gzip, RefusesWhatBecomesTooLarge) {
  const std::string bomb = Gzip(std::string(64 << 20, '\0'));
  EXPECT_LT(bomb.size(), 1u << 20);
  EXPECT_TRUE(absl::IsResourceExhausted(Gunzip(bomb, 4 << 20).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Gunzip(Gzip("12345"), 4).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Gunzip(Gzip("1"), 0).status()));
}

TEST(Gzip, RefusesWhatIsDamagedOrNoGzip) {
  const std::string good = Gzip("what was said");
  EXPECT_TRUE(absl::IsInvalidArgument(Gunzip("", 100).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Gunzip("{}", 100).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Gunzip(good + "more", 100).status()));
  for (size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_TRUE(absl::IsInvalidArgument(Gunzip(good.substr(0, cut), 100).status())) << cut;
  }
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // of the checksum
  EXPECT_TRUE(absl::IsInvalidArgument(Gunzip(flipped, 100).status()));
}

TEST(Gzip, IsAcceptedBySome) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("br, GZIP;q=0.5, deflate"));
  EXPECT_TRUE(AcceptsGzip("gzip; q=1.0"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("identity"));
  EXPECT_FALSE(AcceptsGzip("br"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("gzip; q=0.000"));
  EXPECT_FALSE(AcceptsGzip("xgzip"));
}

}  // namespace
}  // namespace nbo::server
