#include "core/profile/attribute.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {

// Where a key stands, or would.
template <typename Attributes>
auto PlaceOf(absl::string_view key, Attributes& attributes) {
  return std::lower_bound(attributes.begin(), attributes.end(), key,
                          [](const Attribute& entry, absl::string_view wanted) { return entry.key < wanted; });
}

// Of two keys, true if `a` is forgotten rather than `b`.
bool ForgottenBefore(const Attribute& a, const Attribute& b) {
  return std::tie(a.time, a.key) < std::tie(b.time, b.key);
}

size_t CountValues(absl::Span<const Attribute> attributes) {
  return static_cast<size_t>(std::count_if(attributes.begin(), attributes.end(),
                                           [](const Attribute& attribute) { return attribute.value.has_value(); }));
}

absl::Status CheckSizes(const Attribute& attribute) {
  const bool removed = !attribute.value.has_value();
  const absl::string_view field = removed ? "removed_keys" : "attributes (key)";
  if (attribute.key.empty()) return absl::InvalidArgumentError(absl::StrCat(field, ": an empty key; name it"));
  if (absl::Status s = CheckLine(field, attribute.key, kMaxAttributeKeyBytes); !s.ok() || removed) return s;
  return CheckLine(absl::StrCat("attributes[\"", attribute.key, "\"]"), *attribute.value, kMaxAttributeValueBytes);
}

}  // namespace

bool Supersedes(const Attribute& a, const Attribute& b) {
  // Values only differ where both have one.
  const auto rank = [](const Attribute& s) { return std::make_tuple(s.time, !s.value.has_value()); };
  if (rank(a) != rank(b)) return rank(a) > rank(b);
  return std::tie(a.value, a.source) > std::tie(b.value, b.source);
}

void AddAttribute(const Attribute& attribute, std::vector<Attribute>* attributes) {
  const auto place = PlaceOf(attribute.key, *attributes);
  if (place != attributes->end() && place->key == attribute.key) {
    if (Supersedes(attribute, *place)) *place = attribute;
    return;
  }
  attributes->insert(place, attribute);
  if (attributes->size() <= kMaxAttributeKeysPerCustomer) return;
  attributes->erase(std::min_element(attributes->begin(), attributes->end(), ForgottenBefore));
}

absl::Status CheckStatement(absl::Span<const Attribute> statement) {
  if (statement.empty()) {
    return absl::InvalidArgumentError("attributes: is required; give at least one, or a key in removed_keys");
  }
  if (statement.size() > kMaxAttributesPerCustomer) {
    return absl::InvalidArgumentError(absl::StrCat("attributes: ", statement.size(),
                                                   " keys with removed_keys; at most ", kMaxAttributesPerCustomer,
                                                   " are allowed in one statement"));
  }
  for (const Attribute& attribute : statement) {
    if (absl::Status s = CheckSizes(attribute); !s.ok()) return s;
  }
  for (const Attribute& removed : statement) {
    if (removed.value.has_value()) continue;
    const bool also_set = std::any_of(statement.begin(), statement.end(), [&](const Attribute& other) {
      return other.value.has_value() && other.key == removed.key;
    });
    if (!also_set) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("removed_keys: \"", removed.key, "\" is in attributes, too; name it in one of them"));
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(absl::Span<const Attribute> before, absl::Span<const Attribute> after) {
  const size_t values = CountValues(after);
  if (values > kMaxAttributesPerCustomer && values > CountValues(before)) {
    return absl::ResourceExhaustedError(absl::StrCat("attributes: the customer would have ", values, "; at most ",
                                                     kMaxAttributesPerCustomer,
                                                     " are kept; name those that are not needed in removed_keys"));
  }
  for (const Attribute& attribute : before) {
    if (!attribute.value.has_value()) continue;
    const auto place = PlaceOf(attribute.key, after);
    if (place != after.end() && place->key == attribute.key) continue;
    return absl::ResourceExhaustedError(absl::StrCat(
        "attributes: the customer would have more than ", kMaxAttributeKeysPerCustomer,
        " keys, removed ones counted, and \"", attribute.key, "\" was stated the longest ago of them; state it again, ",
        "or use a key that was removed instead of a new one"));
  }
  return absl::OkStatus();
}

}  // namespace nbo
