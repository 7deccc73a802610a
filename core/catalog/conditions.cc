#include "core/catalog/conditions.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/catalog/catalog.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

// Between the offers of one request; the words were put in.
bool Varies(int slot) {
  return slot == Slot::kOfferAffinity || slot == Slot::kOfferVisits || slot == Slot::kOfferInBasket;
}

// Of offers for the same things, these words are the same.
std::string GroupOf(const Offer& offer) {
  if (offer.rule_facts == 0) return "";
  return absl::StrCat(absl::StrJoin(offer.product_keys, ","), ";", absl::StrJoin(offer.category_keys, ","));
}

}  // namespace

std::variant<rules::Condition, std::vector<rules::Mistake>> CompileCondition(const Offer& offer,
                                                                             absl::string_view rule) {
  return rules::Condition::Compile(rule, FullVocabulary(), WordsOf(offer));
}

uint8_t FactsNamed(const rules::Condition& condition) {
  uint8_t facts = 0;
  for (size_t part = 0; part < condition.parts().size(); ++part) {
    if (condition.parts()[part].kind != rules::Condition::Kind::kAtom) continue;
    for (const int slot : condition.DependenciesOf(static_cast<int>(part)).slots) {
      if (slot == Slot::kOfferAffinity || slot == Slot::kOfferVisits) facts |= kOfferAffinity;
      if (slot == Slot::kOfferInBasket) facts |= kOfferInBasket;
    }
  }
  return facts;
}

OfferConditions::OfferConditions() : terms_(&Varies, &FullVocabulary()) {}

void OfferConditions::Add(const Offer& offer, const rules::Condition* eligibility,
                          const rules::Condition* applicability) {
  const auto number = static_cast<int32_t>(ranges_.size());
  const std::string group = GroupOf(offer);
  Range range{static_cast<int32_t>(pool_.size()), 0, 0};
  const auto add = [&](const rules::Condition* condition) {
    if (condition != nullptr) {
      NoteSegments(*condition);
      const std::vector<matching::TermId> terms = terms_.Add(*condition, number, group);
      pool_.insert(pool_.end(), terms.begin(), terms.end());
    }
    return static_cast<int32_t>(pool_.size());
  };
  range.middle = add(eligibility);
  range.end = add(applicability);
  ranges_.push_back(range);
  for (int channel = 0; channel < kChannelCount; ++channel) {
    if ((offer.channels >> channel & 1) != 0) by_channel_[channel].Add(number, Terms(range.begin, range.end));
  }
  if (offer.is_default) defaults_.push_back(number);
}

void OfferConditions::NoteSegments(const rules::Condition& condition) {
  for (size_t part = 0; part < condition.parts().size(); ++part) {
    if (condition.parts()[part].kind != rules::Condition::Kind::kAtom) continue;
    const int atom = static_cast<int>(part);
    for (const int slot : condition.DependenciesOf(atom).slots) {
      if (slot != Slot::kSegments) continue;
      const std::optional<rules::TextTest> test = condition.TextTestOf(atom);
      if (test.has_value() && test->in == rules::TextTest::In::kList) {
        segments_.insert(test->values[0]);
      } else {
        all_segments_ = true;
      }
    }
  }
}

void OfferConditions::NoteSegments(const rules::Expression& expression) {
  all_segments_ |= expression.Names(Slot::kSegments);
}

void OfferConditions::Finish() {
  for (matching::Index& index : by_channel_) index.Finish(terms_);
  terms_.Finish();
}

}  // namespace nbo
