// The words that rules and formulas may use, and the slot in which each one's value is found.
#ifndef NBO_CORE_CATALOG_VOCABULARY_H_
#define NBO_CORE_CATALOG_VOCABULARY_H_

#include "core/features/features.h"
#include "core/rules/environment.h"

namespace nbo {

inline constexpr int kWindowCount = static_cast<int>(kWindowDays.size());

// Slots of rules::Activation. Those of the customer come first, so that an expression compiled for the customer alone
// also runs where everything is known.
struct Slot {
  enum : int {
    kKnown,
    kRecencyDays,
    kTenureDays,
    kFrequency,                                // one per window, as kWindowDays
    kRevenue = kFrequency + kWindowCount,      // one per window
    kAverageTicket = kRevenue + kWindowCount,  // one per window
    kDiscountShare = kAverageTicket + kWindowCount,
    kUsualStore,
    kRecencyScore,
    kFrequencyScore,
    kMonetaryScore,
    kRfmSegment,
    kCustomerCount,  // ---- end of what segment rules may use
    kSegments = kCustomerCount,
    kBasketLines,
    kBasketTotal,
    kBasketProducts,
    kBasketCategories,
    kChannel,
    kPlacement,
    kStore,
    kTerminal,
    kOperator,
    kLocale,
    kHour,
    kWeekday,
    kAttributes,
    kOfferId,
    kOfferGroup,
    kOfferKind,
    kOfferValue,
    kOfferCost,
    kOfferPropensity,
    kOfferWeight,
    kOfferAffinity,
    kOfferVisits,
    kOfferInBasket,
    kCount,
  };
};

// Numbers of the families and of their fields.
struct Family {
  enum : int { kCategory, kChannel };
};
struct CategoryField {
  enum : int { kShare, kVisits, kRevenue, kDaysSince };
};
struct ChannelField {
  enum : int { kShare, kVisits };
};

// For segment rules: customer.*, category(), channel().
const rules::Environment& CustomerVocabulary();
// For eligibility, applicability and the score: everything. Slots and families of CustomerVocabulary are the same here.
const rules::Environment& FullVocabulary();

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_VOCABULARY_H_
