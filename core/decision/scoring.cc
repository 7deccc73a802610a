#include "core/decision/scoring.h"

#include <cmath>
#include <limits>

#include "absl/container/inlined_vector.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

using rules::Column;
using rules::Value;

constexpr double kFailed = std::numeric_limits<double>::quiet_NaN();

// Columns of any type lie in vectors of doubles, which are as wide as the widest of them.
static_assert(sizeof(double) == sizeof(int64_t));

Column Gather(const std::vector<double>& from, absl::Span<const int32_t> offers, std::vector<double>* storage) {
  const double* const values = from.data();
  double* const out = storage->data();
  for (size_t i = 0; i < offers.size(); ++i) out[i] = values[offers[i]];
  return out;
}

double NumberIn(const Value& value, double) { return value.double_value(); }
int64_t NumberIn(const Value& value, int64_t) { return value.int_value(); }

}  // namespace

Value Scorer::ScoreOne(int32_t offer) {
  facts_.SetOffer(catalog_.offers[static_cast<size_t>(offer)], catalog_.score_facts);
  const Value value = catalog_.score->Evaluate(facts_);
  // An int formula ("1") is as good as a double.
  return value.type() == rules::Type::kInt ? Value::Double(static_cast<double>(value.int_value())) : value;
}

// A word that follows from the offer's categories is read from one offer of each set.
template <typename T>
Column Scorer::ByCategories(int slot, absl::Span<const int32_t> offers, std::vector<double>* storage) {
  const OfferColumns& columns = catalog_.columns;
  std::vector<T> of_set(columns.offer_with_set.size());
  std::vector<uint8_t> known(of_set.size());
  T* const out = reinterpret_cast<T*>(storage->data());
  for (size_t i = 0; i < offers.size(); ++i) {
    const auto set = static_cast<size_t>(columns.category_set[static_cast<size_t>(offers[i])]);
    if (!known[set]) {
      known[set] = 1;
      facts_.SetOffer(catalog_.offers[static_cast<size_t>(columns.offer_with_set[set])], kOfferAffinity);
      of_set[set] = NumberIn(facts_.slots[static_cast<size_t>(slot)], T{});
    }
    out[i] = of_set[set];
  }
  return out;
}

Column Scorer::InBasket(absl::Span<const int32_t> offers, std::vector<double>* storage) {
  auto* const out = reinterpret_cast<uint8_t*>(storage->data());
  for (size_t i = 0; i < offers.size(); ++i) {
    facts_.SetOffer(catalog_.offers[static_cast<size_t>(offers[i])], kOfferInBasket);
    out[i] = facts_.slots[Slot::kOfferInBasket].bool_value();
  }
  return out;
}

Column Scorer::ColumnOf(int slot, absl::Span<const int32_t> offers, std::vector<double>* storage) {
  const OfferColumns& columns = catalog_.columns;
  switch (slot) {
    case Slot::kOfferValue: return Gather(columns.value, offers, storage);
    case Slot::kOfferCost: return Gather(columns.cost, offers, storage);
    case Slot::kOfferPropensity: return Gather(columns.propensity, offers, storage);
    case Slot::kOfferWeight: return Gather(columns.weight, offers, storage);
    case Slot::kOfferAffinity: return ByCategories<double>(slot, offers, storage);
    case Slot::kOfferVisits: return ByCategories<int64_t>(slot, offers, storage);
    default: return InBasket(offers, storage);
  }
}

std::vector<double> Scorer::Score(absl::Span<const int32_t> offers) {
  std::vector<double> scores(offers.size());
  if (!catalog_.score_columns.has_value()) {
    for (size_t i = 0; i < offers.size(); ++i) {
      const Value value = ScoreOne(offers[i]);
      scores[i] = value.type() == rules::Type::kDouble ? value.double_value() : kFailed;
    }
    return scores;
  }
  const rules::ColumnFormula& formula = *catalog_.score_columns;
  absl::InlinedVector<std::vector<double>, 8> storage;
  absl::InlinedVector<Column, 8> inputs;
  for (const int slot : formula.inputs()) {
    inputs.push_back(ColumnOf(slot, offers, &storage.emplace_back(offers.size())));
  }
  std::vector<rules::EvalError> errors(offers.size());
  formula.Evaluate(facts_, inputs, absl::MakeSpan(scores), absl::MakeSpan(errors));
  for (size_t i = 0; i < offers.size(); ++i) {
    if (errors[i] != rules::EvalError::kNone) scores[i] = kFailed;
  }
  return scores;
}

}  // namespace nbo
