#include "core/profile/identity.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {
// Persisted within customer ids: never changes.
constexpr char kTypeLetters[kIdentityTypeCount + 1] = "?cpead";
}  // namespace

absl::string_view IdentityTypeName(IdentityType type) {
  static constexpr absl::string_view kNames[kIdentityTypeCount] = {"", "card", "phone", "email", "app_user", "device"};
  return kNames[static_cast<int>(type)];
}

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

bool IdentityHistory::Add(const OwnerStatement& statement) {
  auto it = std::lower_bound(statements_.begin(), statements_.end(), statement.since,
                             [](const OwnerStatement& entry, absl::Time since) { return entry.since < since; });
  if (it == statements_.end() || it->since != statement.since) {
    statements_.insert(it, statement);
    return true;
  }
  auto rank = [](const Owner& owner) { return std::make_pair(owner.kind == Owner::kCustomer, owner.customer_id); };
  if (rank(statement.owner) <= rank(it->owner)) return false;
  it->owner = statement.owner;
  return true;
}

const Owner& IdentityHistory::OwnerAt(absl::Time time) const {
  static const Owner* const kNobody = new Owner();
  if (statements_.empty()) return *kNobody;
  auto after = std::upper_bound(statements_.begin(), statements_.end(), time,
                                [](absl::Time t, const OwnerStatement& entry) { return t < entry.since; });
  return after == statements_.begin() ? after->owner : std::prev(after)->owner;
}

void IdentityHistory::Replace(const Owner& before, const Owner& after) {
  for (OwnerStatement& statement : statements_) {
    if (statement.owner == before) statement.owner = after;
  }
}

}  // namespace nbo
