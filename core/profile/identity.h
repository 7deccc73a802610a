// Typed identities: the names by which a customer is known outside.
#ifndef NBO_CORE_PROFILE_IDENTITY_H_
#define NBO_CORE_PROFILE_IDENTITY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nbo {

// Values are persisted and equal those of nbo.v1.IdentityType: they never change.
enum class IdentityType : uint8_t {
  kUnspecified = 0,
  kLoyaltyCard = 1,
  kPhone = 2,
  kEmail = 3,
  kAppUser = 4,
  kDevice = 5,
};
inline constexpr int kIdentityTypeCount = 6;

struct Identity {
  IdentityType type = IdentityType::kUnspecified;
  std::string value;
};

// The statement that an identity belongs to a customer since a moment.
struct IdentityLink {
  Identity identity;
  std::string customer_id;
  absl::Time since;
};

// INVALID_ARGUMENT that begins with `field` if the type is unset or the value is not 1..kMaxIdentityBytes of text.
absl::Status CheckIdentity(absl::string_view field, const Identity& identity);

// The customer id of an identity that is linked to no customer: "~c:4711" for card 4711. Such an id has at most
// kMaxIdBytes and begins with "~", which ids from outside must not.
std::string DerivedCustomerId(const Identity& identity);
bool IsDerivedCustomerId(absl::string_view customer_id);
// The inverse of DerivedCustomerId; requires IsDerivedCustomerId.
Identity IdentityOfDerivedId(absl::string_view customer_id);

// Of two links of one identity, true if `a` holds rather than `b`: the later one; at the same moment the greater id, so
// that the order of arrival does not matter.
bool Supersedes(const IdentityLink& a, const IdentityLink& b);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_IDENTITY_H_
