// The read path's question: who is it, and what is known of him or her? Errors are those of the reader.
#ifndef NBO_CORE_PROFILE_LOOKUP_H_
#define NBO_CORE_PROFILE_LOOKUP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/profile/store.h"

namespace nbo {

// The customer id that an identity stands for at a moment: its owner's, or its derived id, or "" if the owner was
// erased. One read.
absl::StatusOr<std::string> CustomerOf(const ProfileReader& store, const Identity& identity, absl::Time at);

// As ReadState, but for a customer id that may have been merged: then *customer_id becomes that of the survivor. One
// read for everybody who is known.
absl::StatusOr<bool> ReadCurrentState(const ProfileReader& store, std::string* customer_id, CustomerState* state);

// The types of the identities that are linked to a customer at a moment, with that of a derived id. One scan, and one
// read for each identity that ever was linked.
absl::StatusOr<IdentityTypes> LinkedIdentityTypes(const ProfileReader& store, absl::string_view customer_id,
                                                  absl::Time at);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_LOOKUP_H_
