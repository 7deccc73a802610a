// What nearly every decision reads of many offers, each in a column by the offers' position in the catalog: offers
// themselves lie far apart in memory.
#ifndef NBO_CORE_CATALOG_OFFER_COLUMNS_H_
#define NBO_CORE_CATALOG_OFFER_COLUMNS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/base/civil.h"
#include "core/rules/column_formula.h"
#include "core/rules/expression.h"

namespace nbo {

struct Offer;

class OfferColumns {
 public:
  struct Window {
    Day from, to;  // both in it
    bool Holds(Day day) const { return from <= day && day <= to; }
  };

  // Appends the next offer, in their order in the catalog.
  void Add(const Offer& offer);
  // To be called when all were added: forgets what only Add needs.
  void Finish() { known_sets_ = {}; }

  std::vector<Window> windows;
  std::vector<uint8_t> everywhere;      // 0 or 1
  std::vector<uint8_t> rule_facts;      // Offer::rule_facts
  std::vector<uint8_t> in_experiments;  // 0 or 1: Offer::experiments has any
  std::vector<double> value;
  std::vector<double> cost;
  std::vector<double> supplier_share;
  std::vector<double> propensity;
  std::vector<double> weight;
  std::vector<uint16_t> per_customer;  // redemptions of one person; 0: no limit
  bool any_per_customer = false;       // some offer has such a limit

  // The sets of categories that offers name are numbered from 0: what is known of a customer by categories is the same
  // for offers of one set, so that it is found out once for all of them.
  std::vector<int32_t> category_set;  // of each offer
  size_t category_sets() const { return set_begin_.size() - 1; }
  absl::Span<const uint64_t> CategoryKeysOf(int32_t set) const {
    const auto begin = static_cast<size_t>(set_begin_[static_cast<size_t>(set)]);
    return absl::MakeSpan(set_keys_).subspan(begin,
                                             static_cast<size_t>(set_begin_[static_cast<size_t>(set) + 1]) - begin);
  }

 private:
  std::vector<int32_t> set_begin_ = {0};  // of each set in set_keys_, and the end
  std::vector<uint64_t> set_keys_;
  absl::flat_hash_map<std::vector<uint64_t>, int32_t> known_sets_;  // until Finish
};

// A formula to be evaluated over OfferColumns; nullopt if it can only be evaluated offer by offer: it names the offer's
// id, group or kind, or it is not for columns, see rules::ColumnFormula::Compile.
std::optional<rules::ColumnFormula> CompileForColumns(const rules::Expression& formula);

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_OFFER_COLUMNS_H_
