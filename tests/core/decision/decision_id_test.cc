#include "core/decision/decision_id.h"

#include <gtest/gtest.h>

#include <random>

namespace nbo {
namespace {

TEST(DecisionId, IsWrittenAsTimeAndNumberInHexadecimalDigits) {
  EXPECT_EQ(DecisionIdText({0x018c63c7a0f5, 0xd3b0c1a2e4f60718}), "018c63c7a0f5d3b0c1a2e4f60718");
  EXPECT_EQ(DecisionIdText({}), "0000000000000000000000000000");
  EXPECT_EQ(DecisionIdText({kMaxDecisionUnixMs, UINT64_MAX}), "ffffffffffffffffffffffffffff");
}

TEST(DecisionId, IsReadAsItWasWrittenAndSortsAsItsText) {
  std::mt19937_64 random(7);
  DecisionId last;
  for (int i = 0; i < 10'000; ++i) {
    const DecisionId id{static_cast<int64_t>(random() >> (16 + i % 48)), random() >> (i % 64)};
    ASSERT_EQ(ParseDecisionId(DecisionIdText(id)), id);
    ASSERT_EQ(last < id, DecisionIdText(last) < DecisionIdText(id));
    last = id;
  }
}

TEST(DecisionId, IsNothingElse) {
  const char* const wrong[] = {"",
                               "018c63c7a0f5d3b0c1a2e4f6071",
                               "018c63c7a0f5d3b0c1a2e4f607180",
                               "018C63C7A0F5D3B0C1A2E4F60718",
                               "018c63c7a0f5d3b0c1a2e4f6071g",
                               "-18c63c7a0f5d3b0c1a2e4f60718",
                               "0x8c63c7a0f5d3b0c1a2e4f60718",
                               " 18c63c7a0f5d3b0c1a2e4f60718"};
  for (const char* text : wrong) EXPECT_FALSE(ParseDecisionId(text)) << text;
}

TEST(AttributionToken, NamesADecisionAndARank) {
  const AttributionToken token{{0x018c63c7a0f5, 0xd3b0c1a2e4f60718}, 12};
  EXPECT_EQ(AttributionTokenText(token), "018c63c7a0f5d3b0c1a2e4f60718.12");
  EXPECT_EQ(ParseAttributionToken(AttributionTokenText(token)), token);
}

TEST(AttributionToken, HasARankFrom1To100WrittenInOneWay) {
  const std::string id = "018c63c7a0f5d3b0c1a2e4f60718";
  EXPECT_TRUE(ParseAttributionToken(id + ".1"));
  EXPECT_TRUE(ParseAttributionToken(id + ".100"));
  for (const char* rank : {"", ".", ".0", ".101", ".-1", ".+1", ".01", ". 1", ".1 ", ".1.1", ".x", "1", ".99999999999"})
    EXPECT_FALSE(ParseAttributionToken(id + rank)) << rank;
}

}  // namespace
}  // namespace nbo
