// A catalog in force: offers, segments and the score formula, checked and compiled.
#ifndef NBO_CORE_CATALOG_CATALOG_H_
#define NBO_CORE_CATALOG_CATALOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/channel.h"
#include "core/base/civil.h"
#include "core/budget/budget.h"
#include "core/catalog/basket_index.h"
#include "core/catalog/conditions.h"
#include "core/catalog/offer_columns.h"
#include "core/catalog/vocabulary.h"
#include "core/contact/policy.h"
#include "core/experiment/arms.h"
#include "core/population/rfm.h"
#include "core/propensity/model.h"
#include "core/rules/column_formula.h"
#include "core/rules/expression.h"

namespace nbo {

// Values equal those of nbo.v1.OfferKind.
enum class OfferKind : uint8_t { kUnspecified, kDiscount, kPoints, kGift, kCrossSell, kUpSell, kInformation };
// "discount", "cross_sell", ...; "" for kUnspecified.
absl::string_view OfferKindName(OfferKind kind);
std::optional<OfferKind> OfferKindByName(absl::string_view name);

// What the person sees or hears in one channel and language.
struct Treatment {
  Channel channel = Channel::kUnspecified;
  std::string locale;
  std::string script;  // POS: what the cashier says
  std::string title;
  std::string body;
  std::string image_url;
  std::string price;  // what it costs or saves, as it is shown
  std::string call_to_action;
  std::string reason;  // why this person
  // For those in a variant of an experiment only, by their numbers in the catalog; -1: for every variant that has none
  // of its own in this channel, and for those who are in none.
  int16_t experiment = -1;
  int16_t variant = -1;
};

// Groups of the offer's own facts (offer.*), so that only those are computed which a rule or the formula names.
enum OfferFacts : uint8_t {
  kOfferWords = 1,     // id, group, kind, value, cost, supplier_share, propensity, weight
  kOfferAffinity = 2,  // affinity, visits
  kOfferInBasket = 4,  // in_basket
  kAllOfferFacts = 7,
};

struct Segment {
  std::string id;
  std::string name;
  rules::Expression rule;
};

// How long after it was presented an offer may still be redeemed for it, if nobody says otherwise.
inline constexpr int kDefaultAttributionDays = 7;

// What an offer may cost over all, who pays for it, and how sure its propensity is.
struct OfferTerms {
  int64_t budget_count = kNoLimit;      // redemptions
  std::optional<double> budget_amount;  // major currency units; absent: no limit
  int64_t per_customer = kNoLimit;      // redemptions of one person
  std::string supplier;                 // who pays a part of the cost; empty: nobody
  double supplier_share = 0;            // 0..1, of the cost
  double evidence = kDefaultEvidence;   // pseudo-observations behind the propensity
  std::string campaign;                 // empty: of none
  int attribution_days = kDefaultAttributionDays;
};

struct Offer {
  // What nearly every decision reads comes first: offers lie far apart in memory.
  Day from_day = INT32_MIN;  // first day, in the deployment's zone
  Day to_day = INT32_MAX;    // last day
  double value = 0;          // major currency units, margin if accepted
  double cost = 0;           // major currency units, if accepted
  double propensity = 0;     // 0..1
  double weight = 1;
  uint16_t channels = 0;  // bit c: there are treatments for Channel c
  OfferKind kind = OfferKind::kUnspecified;
  uint8_t rule_facts = 0;               // OfferFacts that eligibility and applicability name
  bool is_default = false;              // for anybody, also for unknown customers
  bool everywhere = true;               // no placements were named
  std::vector<uint64_t> category_keys;  // of `categories`, same order
  std::vector<uint16_t> experiments;    // numbers of those that are about it, ascending

  uint64_t key = 0;           // Hash64 of `id`
  uint64_t group_key = 0;     // Hash64 of `group`; 0: of no group
  uint64_t category_key = 0;  // the first of `category_keys`, by which an answer is varied; 0: of none
  uint64_t campaign_key = 0;  // Hash64 of `terms.campaign`; 0: of none
  std::string id;
  std::string name;
  std::string group;  // empty: of no group
  OfferTerms terms;
  std::vector<std::string> products;    // sorted
  std::vector<uint64_t> product_keys;   // Hash64 of `products`, sorted
  std::vector<std::string> categories;  // as written
  std::string eligibility;              // rule as written; empty: everybody known
  std::string applicability;            // rule as written; empty: everywhere
  std::vector<std::string> placements;  // empty: all
  std::string coupon_code;
  std::string coupon_barcode;
  // Each channel has one in the default locale that is of no variant. A variant with treatments of its own in a channel
  // has one in every language of the others there.
  std::vector<Treatment> treatments;

  bool HasChannel(Channel channel) const { return (channels >> static_cast<int>(channel) & 1) != 0; }
  // The treatment for a channel in the language wanted: the locale itself, else its language, else `default_locale`;
  // nullptr if the channel has none. Among those of the variant in `arms` if it has any there. Null: of no variant.
  const Treatment* FindTreatment(Channel channel, absl::string_view locale, absl::string_view default_locale,
                                 Arms* arms = nullptr) const;
};

// The offer's own words (offer.id, ..., offer.weight) as constants for its rules; views into the offer.
std::vector<rules::Constant> WordsOf(const Offer& offer);

// A score formula with the OfferFacts that it names.
struct ScoreFormula {
  rules::Expression expression;
  uint8_t facts = 0;
};

// Scores count for `weight` times as much in requests for which `when` is true.
struct ContextWeight {
  rules::Expression when;
  double weight = 1;
};

// Immutable once compiled; shared by all threads.
struct Catalog {
  int64_t version = 0;
  std::string name;
  std::string default_locale = "en";
  std::optional<rules::Expression> score;             // absent only in the empty catalog
  uint8_t score_facts = 0;                            // OfferFacts that the formula names
  std::optional<rules::ColumnFormula> score_columns;  // `score` over `columns`; absent if it must go offer by offer
  double score_floor = 0;
  std::vector<ContextWeight> context_weights;      // of the whole request; their product is the word context_weight
  int per_category = 0;                            // offers of one category in an answer at most; 0: as many as may be
  int attribution_days = kDefaultAttributionDays;  // of offers that say nothing of their own
  WordSet words;                                   // all that the formula and the rules of segments and offers name
  std::vector<Segment> segments;
  RfmSegmentation rfm;
  std::vector<Offer> offers;
  OfferColumns columns;        // of `offers`, by position
  BasketIndex basket_index;    // of `offers`, by position
  OfferConditions conditions;  // of `offers`, by position
  ContactPolicy contacts;      // likewise
  std::optional<GlobalControl> control;
  std::vector<Experiment> experiments;  // of `offers`, whose positions they hold
  // By experiment and variant; empty for an experiment that varies no formula. No offer is in two that both do, but for
  // experiments that exclude each other.
  std::vector<std::vector<std::optional<ScoreFormula>>> variant_scores;

  // Whether VariantScore finds any for anybody.
  bool ScoresByVariant() const;
  // The formula by which an offer is scored for these arms; nullptr: the catalog's own.
  const ScoreFormula* VariantScore(const Offer& offer, Arms* arms) const;
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_CATALOG_H_
