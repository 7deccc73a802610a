// Whom a request is about.
#ifndef NBO_CORE_DECISION_PERSON_H_
#define NBO_CORE_DECISION_PERSON_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "core/contact/person_contacts.h"
#include "core/population/population.h"
#include "core/profile/identity.h"
#include "core/profile/state.h"

namespace nbo {

// Everything pointed to is the caller's.
struct Person {
  const CustomerState* state = nullptr;      // null: an unknown customer, or nobody
  const Population* population = nullptr;    // gives the RFM scores; null: there are none yet
  IdentityTypes identity_types = 0;          // linked to the customer; only if the catalog names customer.identities
  absl::string_view customer_id = {};        // decides the arms of a known customer; empty: in no experiment
  const PersonContacts* contacts = nullptr;  // what the customer was told; null: nothing
  std::optional<RfmScores> rfm = {};         // instead of those that `population` gives: for computing a decision again
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_PERSON_H_
