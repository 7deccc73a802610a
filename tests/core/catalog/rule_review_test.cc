#include "core/catalog/rule_review.h"

#include <gtest/gtest.h>

#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

RuleReview Review(const std::string& rule) {
  return ReviewRule(rule, FullVocabulary(), {Slot::kSegments, Slot::kChannel});
}

// What is wrong with a rule that can never hold; "" if it may.
std::string Never(const std::string& rule) {
  const RuleReview review = Review(rule);
  return review.always_false ? review.always_false->why : "";
}

TEST(ReviewRule, SeesNumbersThatExcludeEachOther) {
  EXPECT_EQ(Never("customer.recency_days > 5 && customer.recency_days < 3"),
            "'customer.recency_days < 3' contradicts 'customer.recency_days > 5'");
  EXPECT_NE(Never("customer.recency_days > 5 && customer.known && 3 > customer.recency_days"), "");
  EXPECT_NE(Never("customer.recency_days == 5 && customer.recency_days == 6"), "");
  EXPECT_NE(Never("customer.recency_days in [1, 2] && customer.recency_days > 2"), "");
  EXPECT_NE(Never("customer.recency_days <= 5 && customer.recency_days >= 5 && customer.recency_days != 5"), "");
  EXPECT_NE(Never("category(\"A\").visits > 3 && (customer.known && category(\"A\").visits <= 3)"), "");
  EXPECT_NE(Never("basket.total < 10.0 && basket.total >= 10.0"), "");
  EXPECT_NE(Never("basket.total < 10.0 && !(basket.total < 20.0)"), "");
}

TEST(ReviewRule, KnowsThatNoWholeNumberLiesBetween) {
  EXPECT_NE(Never("customer.recency_days > 5 && customer.recency_days < 6"), "");
  EXPECT_EQ(Never("basket.total > 5.0 && basket.total < 6.0"), "");
}

TEST(ReviewRule, SeesTextsAndTruthsThatExcludeEachOther) {
  EXPECT_NE(Never("request.channel == \"POS\" && request.channel == \"WEB\""), "");
  EXPECT_NE(Never("request.channel in [\"POS\", \"WEB\"] && request.channel == \"SMS\""), "");
  EXPECT_NE(Never("request.channel == \"POS\" && request.channel != \"POS\""), "");
  EXPECT_NE(Never("customer.known && !customer.known"), "");
  EXPECT_NE(Never("\"x\" in customer.segments && !(\"x\" in customer.segments)"), "");
}

TEST(ReviewRule, BlamesTheConditionsThatClash) {
  EXPECT_EQ(Never("request.channel in [\"POS\", \"WEB\"] && request.channel != \"SMS\" && request.channel == \"PUSH\""),
            "'request.channel == \"PUSH\"' contradicts 'request.channel in [\"POS\", \"WEB\"]'");
  EXPECT_EQ(Never("basket.total != 5.0 && basket.total < 9.0 && basket.total >= 5.0 && basket.total <= 5.0"),
            "'basket.total <= 5.0' contradicts 'basket.total != 5.0' and 'basket.total >= 5.0'");
  EXPECT_EQ(Never("customer.recency_days == 2.5"), "'customer.recency_days == 2.5' never holds");
  EXPECT_EQ(Never("!(customer.recency_days in [3, 1, 2]) && customer.recency_days == 3"),
            "'customer.recency_days == 3' contradicts '!(customer.recency_days in [3, 1, 2])'");
}

TEST(ReviewRule, KnowsThatWhatIsComputedMayBeNoNumber) {
  EXPECT_EQ(Never("!(basket.total / basket.total > 1.0) && !(basket.total / basket.total <= 1.0)"), "");
  EXPECT_FALSE(Review("basket.total / basket.total > 1.0 || basket.total / basket.total <= 1.0").always_true);
  EXPECT_NE(Never("basket.total / basket.total > 1.0 && basket.total / basket.total <= 1.0"), "");
}

TEST(ReviewRule, SeesThroughComparisonsWithTrueAndFalse) {
  EXPECT_NE(Never("customer.known == true && customer.known == false"), "");
  EXPECT_NE(Never("customer.known != true && customer.known"), "");
  EXPECT_EQ(Never("customer.known == true && customer.known != false"), "");
}

TEST(ReviewRule, AnOrIsImpossibleOnlyIfAllOfItIs) {
  const std::string impossible = "(customer.recency_days > 5 && customer.recency_days < 3)";
  EXPECT_NE(Never(impossible + " || (customer.known && !customer.known)"), "");
  const RuleReview review = Review(impossible + " || customer.known");
  EXPECT_FALSE(review.always_false.has_value());
  ASSERT_EQ(review.dead_parts.size(), 1u);
  EXPECT_EQ(review.dead_parts[0].offset, 30);
}

TEST(ReviewRule, SaysNothingOfRulesThatMayHold) {
  for (const char* rule : {
           "customer.recency_days > 3 && customer.recency_days < 5",
           "customer.recency_days >= 3 && customer.recency_days <= 3",
           "customer.recency_days != 3 && customer.recency_days != 4",
           "request.channel in [\"POS\", \"WEB\"] && request.channel != \"POS\"",
           "category(\"A\").visits > 3 && category(\"B\").visits < 3",
           "\"x\" in customer.segments && !(\"y\" in customer.segments)",
           "customer.known || basket.total > 3.0",
           "customer.recency_days > 5 ? customer.known : !customer.known",
       }) {
    const RuleReview review = Review(rule);
    EXPECT_FALSE(review.always_false.has_value()) << rule;
    EXPECT_FALSE(review.always_true.has_value()) << rule;
    EXPECT_TRUE(review.dead_parts.empty()) << rule;
  }
}

TEST(ReviewRule, SeesRulesThatDecideNothing) {
  for (const char* rule : {"true", "1 < 2 || customer.known", "customer.known || !customer.known",
                           "customer.recency_days < 5 || customer.recency_days >= 5",
                           "(customer.known || !customer.known) && (basket.total < 5.0 || basket.total > 4.0)"}) {
    EXPECT_TRUE(Review(rule).always_true.has_value()) << rule;
  }
  EXPECT_TRUE(Review("1 > 2 && customer.known").always_false.has_value());
}

TEST(ReviewRule, ListsWhatWatchedVariablesAreComparedWith) {
  const RuleReview review = Review(
      "\"a\" in customer.segments || request.channel == \"POS\" || \"WEB\" != request.channel || "
      "request.channel in [\"SMS\", \"PUSH\"] || request.store == \"1\"");
  std::vector<std::string> named;
  for (const RuleReference& reference : review.references) named.push_back(reference.text);
  EXPECT_EQ(named, (std::vector<std::string>{"a", "POS", "WEB", "SMS", "PUSH"}));
  EXPECT_EQ(review.references[1].offset, 47);
  EXPECT_EQ(review.references[0].slot, Slot::kSegments);
}

TEST(ReviewRule, IsSilentAboutRulesThatDoNotCompile) {
  EXPECT_TRUE(Review("nope && !nope").references.empty());
  EXPECT_FALSE(Review("1 +").always_false.has_value());
}

}  // namespace
}  // namespace nbo
