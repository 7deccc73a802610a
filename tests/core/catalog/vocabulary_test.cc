// The registry of words against itself: names, places, types and values agree.
#include "core/catalog/vocabulary.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/decision/facts.h"
#include "core/profile/fold.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

using rules::Kind;
using rules::Type;
using rules::Value;

constexpr Day kToday = 19'888;  // 2024-06-14
const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2024, 6, 14, 18, 30, 0), absl::UTCTimeZone());

// Whether a value is of a type, with everything in it.
bool IsOf(const Value& value, Type type) {
  if (value.kind() != type.kind()) return false;
  if (value.kind() == Kind::kList) {
    for (const Value& element : value.list()) {
      if (!IsOf(element, type.element())) return false;
    }
  }
  if (value.kind() == Kind::kMap) {
    for (const rules::MapEntry& entry : value.map()) {
      if (!IsOf(entry.key, type.key()) || !IsOf(entry.value, type.value())) return false;
    }
  }
  if (value.kind() == Kind::kObject) {
    const rules::ObjectClass& declared = FullVocabulary().ClassOf(type);
    if (value.fields().size() != declared.fields.size()) return false;
    for (size_t i = 0; i < declared.fields.size(); ++i) {
      if (!IsOf(value.fields()[i], declared.fields[i].type)) return false;
    }
  }
  return true;
}

class VocabularyTest : public ::testing::Test {
 protected:
  VocabularyTest() {
    Fold(ReceiptOf("c", "1", kToday - 3, {Bought("MILK", 300, 50), Bought("BREAD", 100)}), &state_);
    state_.consents = {{Channel::kEmail, true, kNow, ""}, {Channel::kSms, false, kNow, ""}};
    state_.attributes = {{"tier", "gold", kNow, ""}, {"trial", std::nullopt, kNow, ""}};
    request_.channel = Channel::kPos;
    request_.basket = {{"p-1", "MILK", 1500, 299}, {"p-2", "", 1000, 101}};
    request_.attributes = {{"weather", "rain"}, {"campaign", "spring"}};
    offer_.id = "o";
    offer_.category_keys = {CategoryKey("MILK")};
  }

  // The value of every word, for somebody known or not.
  void Fill(Facts* facts) {
    facts->SetRequest(request_);
    facts->SetOffer(offer_, kAllOfferFacts);
  }

  CustomerState state_;
  OfferRequest request_;
  Offer offer_;
  RfmSegmentation rfm_;
  const WordSet all_ = WordSet::All();
  const Moment moment_ = Moment::At(kNow, absl::UTCTimeZone());
};

TEST_F(VocabularyTest, EveryWordStandsAtItsSlotInBothVocabularies) {
  ASSERT_EQ(Words().size(), size_t{Slot::kCount});
  EXPECT_EQ(FullVocabulary().variables().size(), size_t{Slot::kCount});
  EXPECT_EQ(CustomerVocabulary().variables().size(), size_t{Slot::kCustomerCount});
  std::set<std::string> names;
  for (int slot = 0; slot < Slot::kCount; ++slot) {
    const Word& word = Words()[static_cast<size_t>(slot)];
    EXPECT_EQ(word.slot, slot) << word.name;
    EXPECT_TRUE(names.insert(word.name).second) << word.name << " twice";
    EXPECT_FALSE(word.doc.empty()) << word.name;
    EXPECT_EQ(FullVocabulary().FindVariable(word.name), slot) << word.name;
    if (slot < Slot::kCustomerCount) {
      EXPECT_EQ(CustomerVocabulary().FindVariable(word.name), slot) << word.name;
    }
  }
}

TEST_F(VocabularyTest, EveryWordAndFactHasAValueOfItsTypeForAShopper) {
  Facts facts(all_, rfm_, {&state_, nullptr, SetOf(IdentityType::kPhone)}, moment_, 100);
  Fill(&facts);
  for (const Word& word : Words()) {
    const Value& value = facts.slots[static_cast<size_t>(word.slot)];
    EXPECT_TRUE(IsOf(value, word.type)) << word.name << " is " << value.ToString();
  }
  for (size_t family = 0; family < WordFamilies().size(); ++family) {
    const WordFamily& words = WordFamilies()[family];
    const uint64_t key = words.key_of(family == Family::kCategory ? "MILK" : "POS");
    for (size_t field = 0; field < words.fields.size(); ++field) {
      EXPECT_TRUE(IsOf(facts.Fact(static_cast<int>(family), key, static_cast<int>(field)), words.fields[field].type))
          << words.name << "." << words.fields[field].name;
    }
  }
}

TEST_F(VocabularyTest, OnlyOptionalWordsAreMissingForAStranger) {
  Facts facts(all_, rfm_, {}, moment_, 100);
  Fill(&facts);
  for (const Word& word : Words()) {
    const Value& value = facts.slots[static_cast<size_t>(word.slot)];
    EXPECT_TRUE(IsOf(value, word.type) || (word.optional && value.is_null()))
        << word.name << " is " << value.ToString();
    EXPECT_EQ(value.is_null(), word.optional) << word.name;
  }
  for (size_t family = 0; family < WordFamilies().size(); ++family) {
    const WordFamily& words = WordFamilies()[family];
    for (size_t field = 0; field < words.fields.size(); ++field) {
      const Value value = facts.Fact(static_cast<int>(family), words.key_of("NEVER HEARD"), static_cast<int>(field));
      EXPECT_EQ(value.is_null(), words.fields[field].optional) << words.name << "." << words.fields[field].name;
    }
  }
}

TEST_F(VocabularyTest, AWordSetKnowsItsWordsInOrder) {
  WordSet set;
  for (const int slot : {Slot::kOfferInBasket, Slot::kKnown, Slot::kNow, Slot::kBasketLines}) set.Add(slot);
  std::vector<int> seen;
  set.ForEach(0, Slot::kCount, [&seen](int slot) { seen.push_back(slot); });
  EXPECT_EQ(seen, (std::vector<int>{Slot::kKnown, Slot::kNow, Slot::kBasketLines, Slot::kOfferInBasket}));
  seen.clear();
  set.ForEach(Slot::kNow, Slot::kOfferInBasket, [&seen](int slot) { seen.push_back(slot); });
  EXPECT_EQ(seen, (std::vector<int>{Slot::kNow, Slot::kBasketLines}));
  EXPECT_FALSE(set.Has(Slot::kRecencyDays));
}

}  // namespace
}  // namespace nbo
