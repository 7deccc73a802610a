// Decides: a pure function of catalog, state, request and time.
#ifndef NBO_CORE_DECISION_ENGINE_H_
#define NBO_CORE_DECISION_ENGINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/circumstances.h"
#include "core/decision/person.h"
#include "core/decision/request.h"
#include "core/experiment/arms.h"

namespace nbo {

// The gate at which an offer left the funnel, nearly in the order of the gates. Values equal those of nbo.v1.Gate.
enum class Gate : uint8_t {
  kUnspecified,
  kLive,         // outside its window, or paused
  kEligible,     // its eligibility rule is not true; or the customer is unknown and it is no default offer
  kApplicable,   // no treatment here, another placement, or its applicability rule is not true
  kScore,        // the formula failed or does not exceed the floor
  kArbitration,  // another one of its group, or enough others, were better
  kShown,
  // Before the score, in this order:
  kContactPolicy = 7,  // it may not be said to this person now; or, at the end, not besides the rest of the answer
  kBudget = 8,         // nothing is left of its budget, or the person has had it often enough
  kExperiment = 9,     // withheld from the customer, who is in a control group
};

// Points into the catalog.
struct RankedOffer {
  const Offer* offer = nullptr;
  const Treatment* treatment = nullptr;
  double score = 0;
  int16_t placement = 0;    // which of the request's placements it fills, from 0
  double propensity = 0;    // that was used, 0..1
  int64_t cost_minor = 0;   // expected, of one redemption
  bool has_budget = false;  // a limit over all persons: to be reserved
  int attribution_days = 0;
};

// A number that a score was made of.
struct ScoreFactor {
  absl::string_view name;  // its word: "offer.propensity"; static
  double value = 0;
  std::optional<double> evidence;  // of the propensity: the trials it is worth, where known
};

struct Explanation {
  const Offer* offer = nullptr;
  Gate gate = Gate::kUnspecified;
  std::optional<double> score;
  std::string detail;                // one sentence
  std::vector<ScoreFactor> factors;  // if it has a score: those that the formula names
};

// What an offer that took part came to.
struct Candidate {
  int32_t position = 0;  // in the catalog
  Gate gate = Gate::kUnspecified;
  double score = 0;  // 0 if it has none

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// Points into the catalog, which must outlive it.
struct Decision {
  std::vector<RankedOffer> offers;        // by placement, and then best first
  std::vector<Explanation> explanations;  // only if asked for: every offer, in catalog order
  bool paused = false;                    // all of what was asked for is paused: no offers at all
  GlobalAssignment global;                // of the customer
  // What a customer of the global control group would have been given; `offers` are then those of nobody.
  std::vector<RankedOffer> ghosts;
  std::vector<ArmRecord> arms;      // that the decision depended on
  RfmScores rfm;                    // of the customer
  int rfm_segment = kNoRfmSegment;  // position of the customer's, for what is learned of it
  // Only if asked for: the offers whose rules were looked at, in catalog order; those of the ghosts if there are any.
  std::vector<Candidate> candidates;
  int scored = 0;  // offers that reached the score; likewise
};

// What the deployment says about time and money. Its zone decides "today", offer windows and local hours; for a request
// from a store with a zone of its own, the caller puts that in its place.
struct Deployment {
  absl::TimeZone time_zone = absl::UTCTimeZone();
  double minor_per_major = 100;  // 100 cents are a dollar
};

// Decides for a known customer, or for nobody in particular if there is no state: then only default offers take part. A
// customer of the global control group is answered as nobody is. The request must be valid (ValidateOfferRequest). Ties
// are broken by catalog order. Same arguments, same answer. Reserves nothing: what was given must be reserved at once,
// and decided again if somebody was faster.
Decision Decide(const Catalog& catalog, const Person& person, const OfferRequest& request, absl::Time now,
                const Deployment& deployment, const Circumstances& circumstances = {});

}  // namespace nbo

#endif  // NBO_CORE_DECISION_ENGINE_H_
