#include "core/decision/scoring.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/container/fixed_array.h"
#include "absl/container/inlined_vector.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

using rules::Column;
using rules::Value;

constexpr double kFailed = std::numeric_limits<double>::quiet_NaN();

// Columns of any type lie in arrays of doubles, which are as wide as the widest of them.
static_assert(sizeof(double) == sizeof(int64_t));

Column Gather(absl::Span<const double> from, absl::Span<const int32_t> offers, double* out) {
  const double* const values = from.data();
  for (size_t i = 0; i < offers.size(); ++i) out[i] = values[offers[i]];
  return out;
}

}  // namespace

void Scorer::SetOffer(int32_t offer, uint8_t facts) {
  facts_.SetOfferAt(offer, facts);
  // What the rules of offers see is the author's: those are matched together for all.
  if (facts & kOfferWords) {
    facts_.Override(Slot::kOfferPropensity, Value::Double(propensities_[static_cast<size_t>(offer)]));
  }
  if (neutral_ == 0) return;
  for (const Factor& factor : kFactors) {
    const std::optional<double> neutral = NeutralOf(factor.slot);
    if (!neutral) continue;
    const bool whole = Words()[static_cast<size_t>(factor.slot)].type == rules::Type::kInt;
    facts_.Override(factor.slot, whole ? Value::Int(static_cast<int64_t>(*neutral)) : Value::Double(*neutral));
  }
}

std::optional<double> Scorer::NeutralOf(int slot) const {
  for (size_t i = 0; i < kFactors.size(); ++i) {
    if ((neutral_ >> i & 1) != 0 && kFactors[i].slot == slot) return kFactors[i].neutral;
  }
  return std::nullopt;
}

Value Scorer::ScoreBy(const rules::Expression& formula, uint8_t facts, int32_t offer) {
  SetOffer(offer, facts);
  const Value value = formula.Evaluate(facts_);
  // An int formula ("1") is as good as a double.
  return value.type() == rules::Type::kInt ? Value::Double(static_cast<double>(value.int_value())) : value;
}

const ScoreFormula* Scorer::VariantFormula(int32_t offer) {
  if (!variants_differ_) return nullptr;
  return catalog_.VariantScore(catalog_.offers[static_cast<size_t>(offer)], &arms_);
}

const rules::Expression& Scorer::FormulaOf(int32_t offer) {
  const ScoreFormula* const variant = VariantFormula(offer);
  return variant != nullptr ? variant->expression : *catalog_.score;
}

const Experiment* Scorer::ExperimentScoring(int32_t offer) {
  if (VariantFormula(offer) == nullptr) return nullptr;
  for (const uint16_t number : catalog_.offers[static_cast<size_t>(offer)].experiments) {
    const auto& scores = catalog_.variant_scores[number];
    const int variant = arms_.VariantOf(number);
    if (!scores.empty() && variant != kNoVariant && scores[static_cast<size_t>(variant)]) {
      return &catalog_.experiments[number];
    }
  }
  return nullptr;
}

Value Scorer::ScoreOne(int32_t offer) {
  const ScoreFormula* const variant = VariantFormula(offer);
  return variant != nullptr ? ScoreBy(variant->expression, variant->facts, offer)
                            : ScoreBy(*catalog_.score, catalog_.score_facts, offer);
}

void Scorer::ScoreVariants(absl::Span<const int32_t> offers, std::vector<double>* scores) {
  if (!variants_differ_) return;
  for (size_t i = 0; i < offers.size(); ++i) {
    if (VariantFormula(offers[i]) == nullptr) continue;
    const Value value = ScoreOne(offers[i]);
    (*scores)[i] = value.type() == rules::Type::kDouble ? value.double_value() : kFailed;
  }
}

// What follows from an offer's categories is found out once for each set of them.
template <typename T, typename OfCategories>
Column Scorer::ByCategories(absl::Span<const int32_t> offers, double* out, OfCategories of_categories) {
  const OfferColumns& columns = catalog_.columns;
  std::vector<T> of_set(columns.category_sets());
  std::vector<uint8_t> known(of_set.size());
  T* const values = reinterpret_cast<T*>(out);
  for (size_t i = 0; i < offers.size(); ++i) {
    const int32_t set = columns.category_set[static_cast<size_t>(offers[i])];
    const auto at = static_cast<size_t>(set);
    if (!known[at]) {
      known[at] = 1;
      of_set[at] = of_categories(columns.CategoryKeysOf(set));
    }
    values[i] = of_set[at];
  }
  return values;
}

Column Scorer::InBasket(absl::Span<const int32_t> offers, double* out) {
  auto* const values = reinterpret_cast<uint8_t*>(out);
  for (size_t i = 0; i < offers.size(); ++i) {
    facts_.SetOfferAt(offers[i], kOfferInBasket);
    values[i] = facts_.slots[Slot::kOfferInBasket].bool_value();
  }
  return values;
}

Column Scorer::ColumnOf(int slot, absl::Span<const int32_t> offers, double* out) {
  const OfferColumns& columns = catalog_.columns;
  if (const std::optional<double> neutral = NeutralOf(slot)) {
    std::fill_n(out, offers.size(), *neutral);  // for a word of whole numbers, too: its neutral value is 0
    return out;
  }
  switch (slot) {
    case Slot::kOfferValue: return Gather(columns.value, offers, out);
    case Slot::kOfferCost: return Gather(columns.cost, offers, out);
    case Slot::kOfferSupplierShare: return Gather(columns.supplier_share, offers, out);
    case Slot::kOfferPropensity: return Gather(propensities_, offers, out);
    case Slot::kOfferWeight: return Gather(columns.weight, offers, out);
    case Slot::kOfferAffinity:
      return ByCategories<double>(offers, out, [this](auto categories) { return facts_.AffinityTo(categories); });
    case Slot::kOfferVisits:
      return ByCategories<int64_t>(offers, out, [this](auto categories) { return facts_.VisitsWith(categories); });
    default: return InBasket(offers, out);
  }
}

std::vector<double> Scorer::Score(absl::Span<const int32_t> offers) {
  std::vector<double> scores(offers.size());
  if (const std::optional<double> neutral = NeutralOf(Slot::kContextWeight)) {
    facts_.Override(Slot::kContextWeight, Value::Double(*neutral));
  }
  if (!catalog_.score_columns.has_value()) {
    for (size_t i = 0; i < offers.size(); ++i) {
      const Value value = ScoreOne(offers[i]);
      scores[i] = value.type() == rules::Type::kDouble ? value.double_value() : kFailed;
    }
    return scores;
  }
  const rules::ColumnFormula& formula = *catalog_.score_columns;
  absl::FixedArray<double> storage(formula.inputs().size() * offers.size());  // not set: each column is written whole
  absl::InlinedVector<Column, 8> inputs;
  for (const int slot : formula.inputs()) {
    inputs.push_back(ColumnOf(slot, offers, storage.data() + inputs.size() * offers.size()));
  }
  std::vector<rules::EvalError> errors(offers.size());
  formula.Evaluate(facts_, inputs, absl::MakeSpan(scores), absl::MakeSpan(errors));
  for (size_t i = 0; i < offers.size(); ++i) {
    if (errors[i] != rules::EvalError::kNone) scores[i] = kFailed;
  }
  ScoreVariants(offers, &scores);
  return scores;
}

}  // namespace nbo
