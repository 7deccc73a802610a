#include "core/matching/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using ::testing::IsEmpty;

enum Slot : int { kStore, kTags, kDays, kOwn };
constexpr int kPets = 0;

rules::Environment* MakeEnvironment() {
  auto* e = new rules::Environment;
  e->AddVariable({"store", rules::Type::kString, false, ""});
  e->AddVariable({"tags", rules::Type::kStringList, false, ""});
  e->AddVariable({"days", rules::Type::kInt, true, ""});
  e->AddVariable({"own", rules::Type::kInt, false, "another one for each document"});
  e->AddFamily({"pets", "", {{"count", rules::Type::kInt, false, ""}, {"age", rules::Type::kInt, true, ""}}, &Hash64});
  return e;
}

bool Varies(int slot) { return slot == kOwn; }

class IndexTest : public ::testing::Test {
 protected:
  IndexTest() : environment_(MakeEnvironment()), table_(&Varies, environment_.get()) {
    values_ = {Value::String("berlin"), Value::List(tags_), Value::Int(5), Value::Int(0)};
    request_.slots = values_;
  }

  // The document's number.
  int Add(const std::string& rule) {
    auto condition = Condition::Compile(rule, *environment_);
    if (auto* mistakes = std::get_if<std::vector<rules::Mistake>>(&condition)) ADD_FAILURE() << (*mistakes)[0].message;
    documents_.push_back(table_.Add(std::get<Condition>(condition)));
    index_.Add(static_cast<int32_t>(documents_.size()) - 1, documents_.back());
    return static_cast<int>(documents_.size()) - 1;
  }
  void Finish() {
    table_.Finish();
    index_.Finish(table_);
  }
  std::vector<int> Candidates() {
    std::vector<int> found;
    index_.ForEachCandidate(FindKeys(table_, request_), [&](int32_t document) { found.push_back(document); });
    return found;
  }
  std::vector<int> Matching() {
    Truths truths(table_, request_);
    std::vector<int> found;
    for (const int document : Candidates()) {
      if (truths.AllTrue(documents_[document])) found.push_back(document);
    }
    return found;
  }
  void HasPet(const std::string& kind, int64_t count) {
    request_.facts[{kPets, Hash64(kind), 0}] = Value::Int(count);
    request_.facts[{kPets, Hash64(kind), 1}] = Value::Int(3);
  }

  std::unique_ptr<rules::Environment> environment_;
  TermTable table_;
  Index index_;
  std::vector<std::vector<TermId>> documents_;
  std::vector<Value> tags_ = {Value::String("new"), Value::String("vip")};
  std::vector<Value> values_;
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
  EXPECT_THAT(Candidates(), ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(Matching(), ElementsAre(0, 2, 3, 5));
  EXPECT_EQ(index_.always(), 0);
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
  EXPECT_THAT(Candidates(), ElementsAre(everybody));
  HasPet("cat", 2);
  EXPECT_THAT(Candidates(), ElementsAre(0, 2, everybody, sum));
  EXPECT_THAT(Matching(), ElementsAre(0, everybody, sum));
}

TEST_F(IndexTest, AlwaysLooksAtDocumentsThatNeedNothing) {
  Add("days > 3");
  Add("!(store == \"paris\")");
  Add("store == \"paris\" || days > 3");
  Add("true");
  Add("false");
  Finish();
  EXPECT_EQ(index_.always(), 5);
  EXPECT_THAT(Matching(), ElementsAre(0, 1, 2, 3));
}

TEST_F(IndexTest, KeepsADocumentUnderTheRarerTerm) {
  for (int i = 0; i < 40; ++i) Add(absl::StrCat("\"tag-", i, "\" in tags && store == \"berlin\""));
  Add("store == \"paris\"");
  Finish();
  EXPECT_THAT(Candidates(), IsEmpty()) << "berlin is one of two stores, a tag one of forty";
}

TEST_F(IndexTest, AsksForEverythingOnceHoweverManyWantIt) {
  for (int i = 0; i < 50; ++i) {
    Add("pets(\"cat\").count * 2 > 3 && days > 3");
    Add("(pets(\"cat\").count * 2 > 3 || days > 30) && days > 2");
  }
  Finish();
  EXPECT_EQ(table_.size(), 5u);
  HasPet("cat", 2);
  request_.facts_asked = 0;
  EXPECT_EQ(Matching().size(), 100u);
  EXPECT_EQ(request_.facts_asked, 1);
}

TEST_F(IndexTest, AsksAnewWhatVariesBetweenDocuments) {
  Add("own > 3");
  Add("(own > 3 || days > 100) && days > 1");
  Finish();
  Truths truths(table_, request_);
  EXPECT_FALSE(truths.AllTrue(documents_[0]));
  EXPECT_FALSE(truths.AllTrue(documents_[1]));
  values_[kOwn] = Value::Int(4);
  EXPECT_TRUE(truths.AllTrue(documents_[0]));
  EXPECT_TRUE(truths.AllTrue(documents_[1]));
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
  Truths truths(table_, request_);
  for (size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(truths.AllTrue(documents_[i]), rules[i].second) << rules[i].first;
}

}  // namespace
}  // namespace nbo::matching
