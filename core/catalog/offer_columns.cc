#include "core/catalog/offer_columns.h"

#include "core/catalog/catalog.h"
#include "core/catalog/vocabulary.h"

namespace nbo {

void OfferColumns::Add(const Offer& offer) {
  windows.push_back({offer.from_day, offer.to_day});
  everywhere.push_back(offer.everywhere);
  rule_facts.push_back(offer.rule_facts);
  in_experiments.push_back(0);  // experiments are read after the offers
  value.push_back(offer.value);
  cost.push_back(offer.cost);
  supplier_share.push_back(offer.terms.supplier_share);
  propensity.push_back(offer.propensity);
  weight.push_back(offer.weight);
  const bool limited = offer.terms.per_customer != kNoLimit;
  per_customer.push_back(limited ? static_cast<uint16_t>(offer.terms.per_customer) : uint16_t{0});
  any_per_customer |= limited;
  // In the order written: shares are added up in this order, and a sum of doubles depends on it.
  const auto [set, is_new] = known_sets_.try_emplace(offer.category_keys, static_cast<int32_t>(category_sets()));
  if (is_new) {
    set_keys_.insert(set_keys_.end(), offer.category_keys.begin(), offer.category_keys.end());
    set_begin_.push_back(static_cast<int32_t>(set_keys_.size()));
  }
  category_set.push_back(set->second);
}

std::optional<rules::ColumnFormula> CompileForColumns(const rules::Expression& formula) {
  const auto varies = [](int slot) { return slot >= Slot::kOfferId && slot < Slot::kCount; };
  return rules::ColumnFormula::Compile(formula.text(), FullVocabulary(), varies);
}

}  // namespace nbo
