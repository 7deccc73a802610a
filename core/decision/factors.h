// The factors of a score that people may look at one by one, and take out to compare.
#ifndef NBO_CORE_DECISION_FACTORS_H_
#define NBO_CORE_DECISION_FACTORS_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/catalog/vocabulary.h"

namespace nbo {

// A number that a formula may name. With its neutral value it has no part in the default formula: 1 where it is
// multiplied with, 0 for amounts and their parts.
struct Factor {
  int slot = 0;
  double neutral = 0;
};
inline constexpr std::array<Factor, 8> kFactors = {{{Slot::kOfferPropensity, 1},
                                                    {Slot::kOfferValue, 0},
                                                    {Slot::kOfferCost, 0},
                                                    {Slot::kOfferSupplierShare, 0},
                                                    {Slot::kOfferWeight, 1},
                                                    {Slot::kContextWeight, 1},
                                                    {Slot::kOfferAffinity, 0},
                                                    {Slot::kOfferVisits, 0}}};

// Its word: "offer.propensity".
inline absl::string_view NameOf(const Factor& factor) { return Words()[static_cast<size_t>(factor.slot)].name; }

// Bit i: kFactors[i].
using FactorSet = uint8_t;
static_assert(kFactors.size() <= 8);

// INVALID_ARGUMENT names what is no factor, and those that are.
absl::StatusOr<FactorSet> FactorsNamed(absl::Span<const absl::string_view> names);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_FACTORS_H_
