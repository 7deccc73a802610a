// Every limit of what comes from outside, in one place. README.md repeats them for users.
#ifndef NBO_CORE_BASE_LIMITS_H_
#define NBO_CORE_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace nbo {

inline constexpr size_t kMaxIdBytes = 64;            // any id: customer, receipt, store, product, category, ...
inline constexpr size_t kMaxIdentityBytes = 60;      // value of an identity: leaves room for its type in a derived id
inline constexpr size_t kMaxLinesPerReceipt = 1000;  // also lines of a basket
inline constexpr size_t kMaxCouponCodesPerReceipt = 16;
inline constexpr int64_t kMaxLineAmountMinor = 100'000'000'000;       // +-10^11
inline constexpr int64_t kMaxReceiptAmountMinor = 1'000'000'000'000;  // 10^12, the sizes of all lines added up
inline constexpr int64_t kMaxQuantityMilli = 1'000'000'000;           // +-10^9, a million pieces
inline constexpr int kMaxUtcOffsetMinutes = 14 * 60;

// Per customer. 10^6 receipts of 10^12 minor units sum to 10^18, below 2^63: sums of a state cannot overflow.
inline constexpr int64_t kMaxReceiptsPerCustomer = 1'000'000;
inline constexpr size_t kMaxCategoriesPerCustomer = 1000;
inline constexpr size_t kMaxStoresPerCustomer = 1000;
inline constexpr size_t kMaxRevisionsOfReceipt = 64;     // replaced ones
inline constexpr size_t kMaxReturnsOfReceipt = 64;       // receipts that may take goods of one back
inline constexpr size_t kMaxReturnsPerReceipt = 16;      // receipts that one may take goods back from
inline constexpr size_t kMaxStatementsPerIdentity = 64;  // changes of owner
inline constexpr size_t kMaxIdentitiesPerCustomer = 256;
inline constexpr size_t kMaxAbsorbedPerCustomer = 256;
// Receipts of a customer up to which identities may move and customers be merged: more is a card that many share.
inline constexpr int64_t kMaxReceiptsToMove = 100'000;
inline constexpr size_t kMaxStatementSourceBytes = 64;  // where a consent or an attribute was stated
// Attributes that hold; a merge may leave more. And keys of which a statement is kept, removed ones included; of more,
// those stated the longest ago are forgotten.
inline constexpr size_t kMaxAttributesPerCustomer = 32;
inline constexpr size_t kMaxAttributeKeysPerCustomer = 64;
// Per deployment: distinct category names ever seen.
inline constexpr size_t kMaxCategories = 65'536;
// Per deployment: stores with a time zone of their own; and distinct store ids that states hold as a number (beyond,
// they hold the id itself: nothing is refused).
inline constexpr size_t kMaxStores = 100'000;

// Requests for offers.
inline constexpr size_t kMaxLocaleBytes = 35;  // BCP 47, RFC 5646 section 4.4.1
inline constexpr size_t kMaxAttributes = 32;
inline constexpr size_t kMaxAttributeKeyBytes = 64;     // also of a customer's
inline constexpr size_t kMaxAttributeValueBytes = 256;  // also of a customer's
inline constexpr int kMaxOffersPerAnswer = 100;         // over all placements
inline constexpr size_t kMaxPlacementsPerRequest = 16;

// Contacts: what a person was told. Older ones are forgotten; of more than so many, the oldest.
inline constexpr int kMaxContactAgeDays = 400;
inline constexpr size_t kMaxContactsPerCustomer = 512;
// Answers to request ids that can be given again; of more than so many that live, the oldest are forgotten.
inline constexpr size_t kMaxAnswersPerCustomer = 128;
// Contact policies.
inline constexpr size_t kMaxContactCaps = 32;
inline constexpr size_t kMaxQuietHours = 16;
inline constexpr int kMaxContactCap = 100'000;       // contacts that a cap may allow
inline constexpr int kMaxContactPolicyDays = 3'650;  // of the window of a cap, and of a cooldown
inline constexpr int kMaxIgnoredTimes = 100;
inline constexpr int kMaxReservationMinutes = 60 * 24 * 60;

// Catalogs.
inline constexpr size_t kMaxCatalogBytes = 50 << 20;
inline constexpr size_t kMaxOffers = 10'000;
inline constexpr size_t kMaxSegments = 200;
inline constexpr size_t kMaxContextWeights = 100;
inline constexpr size_t kMaxRfmSegments = 50;
inline constexpr size_t kMaxProductsPerOffer = 1000;
inline constexpr size_t kMaxCategoriesPerOffer = 100;
inline constexpr size_t kMaxPlacementsPerOffer = 32;
inline constexpr size_t kMaxPlacements = 1000;  // declared with how much text they take
inline constexpr size_t kMaxTreatmentsPerOffer = 64;
inline constexpr int64_t kMaxBudgetCount = 1'000'000'000;  // redemptions
inline constexpr int64_t kMaxBudgetPerCustomer = 512;      // redemptions of one person
inline constexpr int kMaxAttributionDays = 365;
inline constexpr size_t kMaxExperiments = 500;
inline constexpr size_t kMaxVariantsPerExperiment = 32;
inline constexpr size_t kMaxExperimentsPerOffer = 16;
inline constexpr int kMaxRotateDays = 3650;  // of the global control group
inline constexpr int kMaxWindowShiftDays = 36'500;
inline constexpr size_t kMaxDiagnostics = 100;  // of mistakes, and of warnings
inline constexpr size_t kMaxScheduledActivations = 100;
inline constexpr int kMaxActivationDays = 366;  // ahead
inline constexpr size_t kMaxAuthorBytes = 64;
inline constexpr size_t kMaxNoteBytes = 256;
inline constexpr size_t kMaxFileNameBytes = 256;

// Switches in force at a time.
inline constexpr size_t kMaxSwitches = 5000;

}  // namespace nbo

#endif  // NBO_CORE_BASE_LIMITS_H_
