// Decides: a pure function of catalog, state, request and time.
#ifndef NBO_CORE_DECISION_ENGINE_H_
#define NBO_CORE_DECISION_ENGINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/person.h"
#include "core/decision/request.h"
#include "core/experiment/arms.h"
#include "core/switches/switches.h"

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
  kExperiment = 9,  // before the score: withheld from the customer, who is in a control group
};

// Points into the catalog.
struct RankedOffer {
  const Offer* offer = nullptr;
  const Treatment* treatment = nullptr;
  double score = 0;
};

struct Explanation {
  const Offer* offer = nullptr;
  Gate gate = Gate::kUnspecified;
  std::optional<double> score;
  std::string detail;  // one sentence
};

// Points into the catalog, which must outlive it.
struct Decision {
  std::vector<RankedOffer> offers;        // best first
  std::vector<Explanation> explanations;  // only if asked for: every offer, in catalog order
  bool paused = false;                    // all of what was asked for is paused: no offers at all
  GlobalAssignment global;                // of the customer
  // What a customer of the global control group would have been given; `offers` are then those of nobody.
  std::vector<RankedOffer> ghosts;
  std::vector<ArmRecord> arms;  // that the decision depended on
};

// What the deployment says about time and money. Its zone decides "today", offer windows and local hours; for a request
// from a store with a zone of its own, the caller puts that in its place.
struct Deployment {
  absl::TimeZone time_zone = absl::UTCTimeZone();
  double minor_per_major = 100;  // 100 cents are a dollar
};

// Decides for a known customer, or for nobody in particular if there is no state: then only default offers take part. A
// customer of the global control group is answered as nobody is. The request must be valid (ValidateOfferRequest). Ties
// are broken by catalog order. Same arguments, same answer. `switches`: what is paused; null: nothing.
Decision Decide(const Catalog& catalog, const Person& person, const OfferRequest& request, absl::Time now,
                const Deployment& deployment, const Switches* switches = nullptr);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_ENGINE_H_
