#include "core/profile/identity.h"

#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {
// Persisted within customer ids: never changes.
constexpr char kTypeLetters[kIdentityTypeCount + 1] = "?cpead";
}  // namespace

absl::Status CheckIdentity(absl::string_view field, const Identity& identity) {
  if (identity.type == IdentityType::kUnspecified || static_cast<int>(identity.type) >= kIdentityTypeCount) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".type: is required; one of LOYALTY_CARD, PHONE, EMAIL, APP_USER, DEVICE"));
  }
  const std::string value_field = absl::StrCat(field, ".value");
  if (identity.value.size() > kMaxIdentityBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(value_field, ": ", identity.value.size(), " bytes; at most ", kMaxIdentityBytes, " are allowed"));
  }
  return CheckId(value_field, identity.value, /*required=*/true);
}

std::string DerivedCustomerId(const Identity& identity) {
  return absl::StrCat("~", absl::string_view(&kTypeLetters[static_cast<int>(identity.type)], 1), ":", identity.value);
}

bool IsDerivedCustomerId(absl::string_view customer_id) {
  return customer_id.size() > 3 && customer_id[0] == '~' && customer_id[2] == ':' &&
         absl::string_view(kTypeLetters).substr(1).find(customer_id[1]) != absl::string_view::npos;
}

Identity IdentityOfDerivedId(absl::string_view customer_id) {
  const auto type = absl::string_view(kTypeLetters).find(customer_id[1]);
  return {static_cast<IdentityType>(type), std::string(customer_id.substr(3))};
}

bool Supersedes(const IdentityLink& a, const IdentityLink& b) {
  return std::tie(a.since, a.customer_id) > std::tie(b.since, b.customer_id);
}

}  // namespace nbo
