#include "core/matching/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/hash.h"
#include "core/matching/terms.h"
#include "tests/core/rules/rule_fixture.h"

namespace nbo::matching {
namespace {

using rules::Condition;
using rules::Value;
using ::testing::ElementsAre;

enum Slot : int { kStore, kTags, kDays, kOwn, kWeather };
constexpr int kPets = 0;

rules::Environment* MakeEnvironment() {
  auto* e = new rules::Environment;
  e->AddVariable({"store", rules::Type::kString, false, ""});
  e->AddVariable({"tags", rules::Type::kStringList, false, ""});
  e->AddVariable({"days", rules::Type::kInt, true, ""});
  e->AddVariable({"own", rules::Type::kInt, false, "another one for each group of documents"});
  e->AddVariable({"now", rules::Type::kStringMap, false, ""});
  e->AddFamily({"pets", "", {{"count", rules::Type::kInt, false, ""}, {"age", rules::Type::kInt, true, ""}}, &Hash64});
  return e;
}

bool Varies(int slot) { return slot == kOwn; }

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() : environment_(MakeEnvironment()), table_(&Varies, environment_.get()) {
    values_ = {Value::String("berlin"), Value::List(tags_), Value::Int(5), Value::Int(0), Value::Map(entries_)};
    request_.slots = values_;
  }

  // The document's number.
  int Add(const std::string& rule, const std::string& group = "") {
    auto condition = Condition::Compile(rule, *environment_);
    if (auto* mistakes = std::get_if<std::vector<rules::Mistake>>(&condition)) ADD_FAILURE() << (*mistakes)[0].message;
    documents_.push_back(table_.Add(std::get<Condition>(condition), static_cast<int32_t>(documents_.size()), group));
    index_.Add(static_cast<int32_t>(documents_.size()) - 1, documents_.back());
    return static_cast<int>(documents_.size()) - 1;
  }
  void Finish() {
    index_.Finish(table_);
    table_.Finish();
  }
  std::vector<int> Matching() {
    const auto prepare = [&](int32_t document) { prepare_(document); };
    Truths truths(table_, request_, prepare);
    std::vector<int> found;
    index_.ForEachMatch(FindKeys(table_, request_), &truths, [&](int32_t document) { found.push_back(document); });
    for (size_t i = 0; i < documents_.size(); ++i) {
      EXPECT_EQ(truths.AllTrue(documents_[i]), std::count(found.begin(), found.end(), i) == 1) << i;
    }
    return found;
  }
  size_t Under() { return index_.CountUnder(FindKeys(table_, request_)); }
  void HasPet(const std::string& kind, int64_t count) {
    request_.facts[{kPets, Hash64(kind), 0}] = Value::Int(count);
    request_.facts[{kPets, Hash64(kind), 1}] = Value::Int(3);
  }

  std::unique_ptr<rules::Environment> environment_;
  TermTable table_;
  Index index_;
  std::vector<std::vector<TermId>> documents_;
  std::vector<Value> tags_ = {Value::String("new"), Value::String("vip")};
  std::vector<rules::MapEntry> entries_ = {{Value::String("weather"), Value::String("rain")}};
  std::vector<Value> values_;
  std::function<void(int32_t)> prepare_ = [](int32_t) {};
  // Gives zero, not null, for pets that nobody has: as declared.
  class Request : public rules::TestActivation {
   public:
    Value Fact(int family, uint64_t key, int field) const override {
      const Value value = TestActivation::Fact(family, key, field);
      return value.is_null() && field == 0 ? Value::Int(0) : value;
    }
  } request_;
};

TEST_F(IndexTest, LooksOnlyAtDocumentsWhoseTextIsThere) {
  Add("store == \"berlin\" && days > 3");
  Add("store == \"paris\" && days > 3");
  Add("store in [\"paris\", \"berlin\"]");
  Add("\"vip\" in tags");
  Add("\"old\" in tags");
  Add("store == \"rome\" || \"new\" in tags");
  Add("store == \"rome\" || \"old\" in tags");
  Finish();
  EXPECT_THAT(Matching(), ElementsAre(0, 2, 3, 5));
  EXPECT_EQ(Under(), 4u);
  EXPECT_EQ(index_.keyless(), 0u);
  values_[kDays] = Value::Null();
  EXPECT_THAT(Matching(), ElementsAre(2, 3, 5));
}

TEST_F(IndexTest, LooksOnlyAtDocumentsWhoseFactIsThere) {
  Add("pets(\"cat\").count > 0");
  Add("pets(\"dog\").count > 0");
  Add("pets(\"dog\").age < 10 || pets(\"cat\").age < 2");
  const int everybody = Add("pets(\"dog\").count == 0");
  const int sum = Add("pets(\"dog\").count + pets(\"cat\").count >= 2");
  Finish();
  EXPECT_THAT(Matching(), ElementsAre(everybody));
  EXPECT_EQ(index_.keyless(), 1u);
  EXPECT_EQ(Under(), 0u);
  HasPet("cat", 2);
  EXPECT_EQ(Under(), 3u);
  EXPECT_THAT(Matching(), ElementsAre(0, everybody, sum));
}

TEST_F(IndexTest, AlwaysLooksAtDocumentsThatNeedNothing) {
  Add("days > 3");
  Add("!(store == \"paris\")");
  Add("store == \"paris\" || days > 3");
  Add("true");
  Add("false");
  Finish();
  EXPECT_EQ(index_.keyless(), 5u);
  EXPECT_THAT(Matching(), ElementsAre(0, 1, 2, 3));
}

TEST_F(IndexTest, KeepsADocumentUnderTheRarerTerm) {
  for (int i = 0; i < 40; ++i) Add(absl::StrCat("\"tag-", i, "\" in tags && store == \"berlin\""));
  Add("store == \"paris\"");
  Finish();
  EXPECT_EQ(Under(), 0u) << "berlin is one of two stores, a tag one of forty";
}

TEST_F(IndexTest, AsksForEverythingOnceHoweverManyWantIt) {
  for (int i = 0; i < 50; ++i) {
    Add("pets(\"cat\").count * 2 > 3 && days > 3");
    Add("(pets(\"cat\").count * 2 > 3 || days > 30) && days > 2");
  }
  Finish();
  EXPECT_EQ(table_.size(), 6u) << "and the one that is always true";
  HasPet("cat", 2);
  request_.facts_asked = 0;
  EXPECT_EQ(Matching().size(), 100u);
  EXPECT_EQ(request_.facts_asked, 1);
}

TEST_F(IndexTest, AsksOnceForEachGroupWhatVariesBetweenThem) {
  for (int i = 0; i < 8; ++i) Add("own > 3", i % 2 == 0 ? "even" : "odd");
  Add("(own > 3 || days > 100) && days > 1", "even");
  Add("(own > 3 || days > 100) && days > 1", "odd");
  Finish();
  std::vector<int> prepared;
  prepare_ = [&](int32_t document) {
    prepared.push_back(document);
    values_[kOwn] = Value::Int(document % 2 == 0 ? 4 : 3);
  };
  EXPECT_THAT(Matching(), ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(prepared, ::testing::UnorderedElementsAre(0, 1)) << "one of each group";
}

TEST_F(IndexTest, StrikesOutAtOnceWhatManyShare) {
  for (int i = 0; i < 300; ++i) {
    Add(absl::StrCat("days > ", i % 3 + 3, i % 2 == 0 ? " && store == \"berlin\"" : "",
                     i % 5 == 0 ? " && days < 99" : "",
                     i % 7 == 0 ? absl::StrCat(" && days != ", i, " && days != ", i + 1, " && days != ", i + 2) : ""));
  }
  Finish();
  std::vector<int> expected;
  for (int i = 0; i < 300; ++i) {
    if (i % 3 + 3 < 5 && !(i % 7 == 0 && i <= 5 && i + 2 >= 5)) expected.push_back(i);
  }
  EXPECT_EQ(Matching(), expected);
}

TEST_F(IndexTest, LooksOnlyAtDocumentsWhoseMapEntryIsThere) {
  Add("now[\"weather\"] == \"rain\" && days > 3");
  Add("now.weather in [\"sun\", \"wind\"]");
  Add("now.traffic == \"rain\"");
  Finish();
  EXPECT_EQ(index_.keyless(), 0u);
  EXPECT_EQ(Under(), 1u);
  EXPECT_THAT(Matching(), ElementsAre(0));
}

TEST_F(IndexTest, AbsorbsErrorsAsTheLanguageDoes) {
  values_[kDays] = Value::Null();
  const std::vector<std::pair<std::string, bool>> rules = {{"days > 3 || store == \"berlin\"", true},
                                                           {"days > 3 || store == \"paris\"", false},
                                                           {"!(days > 3 && store == \"paris\")", true},
                                                           {"!(days > 3 && store == \"berlin\")", false},
                                                           {"!(days > 3)", false},
                                                           {"!!(days > 3 || store == \"berlin\")", true}};
  for (const auto& [rule, holds] : rules) Add(rule);
  Finish();
  const std::vector<int> found = Matching();
  for (size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(std::count(found.begin(), found.end(), i), rules[i].second ? 1 : 0) << rules[i].first;
  }
}

}  // namespace
}  // namespace nbo::matching
