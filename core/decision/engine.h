// Decides: a pure function of catalog, state, request and time.
#ifndef NBO_CORE_DECISION_ENGINE_H_
#define NBO_CORE_DECISION_ENGINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/decision/request.h"
#include "core/population/population.h"
#include "core/profile/identity.h"
#include "core/profile/state.h"
#include "core/switches/switches.h"

namespace nbo {

// The gate at which an offer left the funnel, in the order of the gates. Values equal those of nbo.v1.Gate.
enum class Gate : uint8_t {
  kUnspecified,
  kLive,         // outside its window, or paused
  kEligible,     // its eligibility rule is not true; or the customer is unknown and it is no default offer
  kApplicable,   // no treatment here, another placement, or its applicability rule is not true
  kScore,        // the formula failed or does not exceed the floor
  kArbitration,  // another one of its group, or enough others, were better
  kShown,
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
};

// What the deployment says about time and money. Its zone decides "today", offer windows and local hours; for a request
// from a store with a zone of its own, the caller puts that in its place.
struct Deployment {
  absl::TimeZone time_zone = absl::UTCTimeZone();
  double minor_per_major = 100;  // 100 cents are a dollar
};

// Decides for a known customer, or for nobody in particular if `state` is null: then only default offers take part.
// The request must be valid (ValidateOfferRequest). Ties are broken by catalog order. Same arguments, same answer.
// `population` gives the RFM scores; null: there are none yet. `identity_types` are those linked to the customer;
// needed only if the catalog names customer.identities. `switches`: what is paused; null: nothing.
Decision Decide(const Catalog& catalog, const CustomerState* state, const OfferRequest& request, absl::Time now,
                const Deployment& deployment, const Population* population = nullptr, IdentityTypes identity_types = 0,
                const Switches* switches = nullptr);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_ENGINE_H_
