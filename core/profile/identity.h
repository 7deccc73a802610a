// Typed identities: the names by which a customer is known outside.
#ifndef NBO_CORE_PROFILE_IDENTITY_H_
#define NBO_CORE_PROFILE_IDENTITY_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

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

// A set of types: bit t is IdentityType t.
using IdentityTypes = uint8_t;
constexpr IdentityTypes SetOf(IdentityType type) { return static_cast<IdentityTypes>(1 << static_cast<int>(type)); }

// "card", "phone", "email", "app_user", "device"; "" for kUnspecified.
absl::string_view IdentityTypeName(IdentityType type);

struct Identity {
  IdentityType type = IdentityType::kUnspecified;
  std::string value;

  friend bool operator==(const Identity&, const Identity&) = default;
  friend bool operator<(const Identity& a, const Identity& b) {
    return std::tie(a.type, a.value) < std::tie(b.type, b.value);
  }
};

// Whom an identity belongs to.
struct Owner {
  enum Kind : uint8_t {
    kNobody = 0,    // its receipts are those of its derived customer id
    kCustomer = 1,  // customer_id
    kErased = 2,    // a person who was erased: whatever comes is dropped
  };
  Kind kind = kNobody;
  std::string customer_id;  // of kCustomer only

  friend bool operator==(const Owner&, const Owner&) = default;
};

// The statement that an identity has an owner since a moment.
struct OwnerStatement {
  absl::Time since;  // whole microseconds; InfinitePast: from the beginning
  Owner owner;

  friend bool operator==(const OwnerStatement&, const OwnerStatement&) = default;
};

// All that is known of whom an identity belonged to, and when: a card may move to another person.
class IdentityHistory {
 public:
  // Takes in a statement. Of two for the same moment a customer holds against nobody, then the greater id, so that the
  // order of arrival does not matter. False if nothing changed.
  bool Add(const OwnerStatement& statement);

  // The owner at a moment: that of the last statement up to it. Before the first one it is the first owner: a card that
  // was used before its owner became known was the owner's all along.
  const Owner& OwnerAt(absl::Time time) const;
  // The latest owner.
  const Owner& current() const { return OwnerAt(absl::InfiniteFuture()); }

  // Puts `after` wherever `before` is the owner; neighbours with equal owners stay as they are.
  void Replace(const Owner& before, const Owner& after);

  const std::vector<OwnerStatement>& statements() const { return statements_; }  // ascending by `since`
  bool empty() const { return statements_.empty(); }
  friend bool operator==(const IdentityHistory&, const IdentityHistory&) = default;

 private:
  std::vector<OwnerStatement> statements_;
};

// INVALID_ARGUMENT that begins with `field` if the type is unset or the value is not 1..kMaxIdentityBytes of text.
absl::Status CheckIdentity(absl::string_view field, const Identity& identity);

// The customer id of an identity that is linked to no customer: "~c:4711" for card 4711. Such an id has at most
// kMaxIdBytes and begins with "~", which ids from outside must not.
std::string DerivedCustomerId(const Identity& identity);
bool IsDerivedCustomerId(absl::string_view customer_id);
// The inverse of DerivedCustomerId; requires IsDerivedCustomerId.
Identity IdentityOfDerivedId(absl::string_view customer_id);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_IDENTITY_H_
