#include "core/profile/attribute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

using ::testing::StartsWith;

Attribute Said(const std::string& key, std::optional<std::string> value, int64_t seconds = 1,
               const std::string& source = "") {
  return {key, std::move(value), absl::FromUnixSeconds(seconds), source};
}

TEST(Attribute, OfTwoStatementsOneHoldsWhateverTheirOrder) {
  const std::vector<Attribute> ascending = {Said("k", "z", 1, "z"), Said("k", "", 2),       Said("k", "a", 2),
                                            Said("k", "b", 2, "x"), Said("k", "b", 2, "y"), Said("k", std::nullopt, 2),
                                            Said("k", "a", 3)};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(Supersedes(ascending[i], ascending[j]), i > j) << i << ", " << j;
    }
  }
}

// What the rule says, all at once: the statement that holds for each key, then the latest keys.
std::vector<Attribute> Naively(const std::vector<Attribute>& statements) {
  std::map<std::string, Attribute> held;
  for (const Attribute& statement : statements) {
    const auto [it, added] = held.emplace(statement.key, statement);
    if (!added && Supersedes(statement, it->second)) it->second = statement;
  }
  std::vector<Attribute> latest;
  for (const auto& [key, statement] : held) latest.push_back(statement);
  std::sort(latest.begin(), latest.end(), [](const Attribute& a, const Attribute& b) {
    return std::make_pair(a.time, a.key) > std::make_pair(b.time, b.key);
  });
  if (latest.size() > kMaxAttributeKeysPerCustomer) latest.resize(kMaxAttributeKeysPerCustomer);
  std::sort(latest.begin(), latest.end(), [](const Attribute& a, const Attribute& b) { return a.key < b.key; });
  return latest;
}

TEST(Attribute, AnyOrderAndGroupingKeepsTheLatestOfEachKeyAndTheLatestKeys) {
  std::mt19937 random(1);
  size_t full = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Attribute> statements;
    const unsigned keys = 1 + random() % 120, moments = 1 + random() % 40;
    for (unsigned i = 0; i < 200; ++i) {
      statements.push_back(Said(absl::StrCat("k", random() % keys), absl::StrCat(random() % 3), random() % moments));
      if (random() % 4 == 0) statements.back().value.reset();
    }
    const std::vector<Attribute> expected = Naively(statements);
    full += expected.size() == kMaxAttributeKeysPerCustomer;
    std::shuffle(statements.begin(), statements.end(), random);
    // As of three people who turn out to be one.
    std::vector<Attribute> parts[3];
    for (const Attribute& statement : statements) AddAttribute(statement, &parts[random() % 3]);
    for (int from : {1, 2}) {
      for (const Attribute& statement : parts[from]) AddAttribute(statement, &parts[0]);
    }
    ASSERT_EQ(parts[0], expected) << "round " << round;
    for (const Attribute& statement : statements) AddAttribute(statement, &parts[0]);
    ASSERT_EQ(parts[0], expected) << "sent again, round " << round;
  }
  EXPECT_GT(full, 50u) << "else nothing was forgotten";
}

TEST(Attribute, WhatIsTooMuchOrMalformedIsToldWithTheField) {
  const auto says = [](std::vector<Attribute> statement) { return std::string(CheckStatement(statement).message()); };
  EXPECT_THAT(says({}), StartsWith("attributes: is required"));
  std::vector<Attribute> many(kMaxAttributesPerCustomer + 1, Said("k", "v"));
  EXPECT_THAT(says(many), StartsWith("attributes: 33 keys with removed_keys; at most 32 are allowed"));
  EXPECT_THAT(says({Said("", "v")}), StartsWith("attributes (key): an empty key"));
  EXPECT_THAT(says({Said("", std::nullopt)}), StartsWith("removed_keys: an empty key"));
  EXPECT_THAT(says({Said(std::string(65, 'k'), "v")}), StartsWith("attributes (key): 65 bytes; at most 64"));
  EXPECT_THAT(says({Said(std::string(65, 'k'), std::nullopt)}), StartsWith("removed_keys: 65 bytes; at most 64"));
  EXPECT_THAT(says({Said("a\nb", "v")}), StartsWith("attributes (key): contains a control character; remove it"));
  EXPECT_THAT(says({Said("a\x7F", std::nullopt)}), StartsWith("removed_keys: contains a control character"));
  EXPECT_THAT(says({Said("\xFF", "v")}), StartsWith("attributes (key): not valid UTF-8"));
  EXPECT_THAT(says({Said("ok", "1"), Said("tier", std::string(257, 'v'))}),
              StartsWith("attributes[\"tier\"]: 257 bytes; at most 256"));
  EXPECT_THAT(says({Said("tier", "a\tb")}), StartsWith("attributes[\"tier\"]: contains a control character"));
  EXPECT_THAT(says({Said("tier", "gold"), Said("tier", std::nullopt)}),
              StartsWith("removed_keys: \"tier\" is in attributes, too"));
  many.pop_back();
  EXPECT_TRUE(CheckStatement(many).ok());
  EXPECT_EQ(says({Said(std::string(64, 'k'), std::string(256, 'v')), Said("empty", "")}), "");
}

}  // namespace
}  // namespace nbo
