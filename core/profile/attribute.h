// Free facts that the host knows of a customer, such as {"tier": "gold", "app_version": "7"}.
//
// What is known is made of statements: at a moment a key got a value, or was removed. For each key the statement that
// supersedes the others holds, and a removal is kept as one, so that an older value that comes late stays removed.
//
// Since removals are kept, keys would pile up: the kMaxAttributeKeysPerCustomer whose last statements are the latest
// are kept, the rest is forgotten. That leaves the order of arrival without influence, too: whoever is forgotten has
// that many others above it, and later statements can only raise these.
#ifndef NBO_CORE_PROFILE_ATTRIBUTE_H_
#define NBO_CORE_PROFILE_ATTRIBUTE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace nbo {

// One statement about one key.
struct Attribute {
  std::string key;
  std::optional<std::string> value;  // unset: removed
  absl::Time time;                   // whole microseconds
  std::string source;                // who stated it ("loyalty system"); may be empty

  friend bool operator==(const Attribute&, const Attribute&) = default;
};

// Of two statements about one key, true if `a` holds rather than `b`: the later one; at the same moment a removal wins
// over a value, then the greater value, then the greater source, so that the order of arrival does not matter.
bool Supersedes(const Attribute& a, const Attribute& b);

// Takes in a statement. `attributes` is ascending by key, one of each, and stays so.
void AddAttribute(const Attribute& attribute, std::vector<Attribute>* attributes);

// OK if what comes from outside as one statement is within the limits (limits.h), else INVALID_ARGUMENT that names the
// field as the API does: `attributes` for values, `removed_keys` for removals.
absl::Status CheckStatement(absl::Span<const Attribute> statement);

// OK if a customer who had `before` may have `after`, else RESOURCE_EXHAUSTED with the remedy: there would be too many
// values, or one that holds would be forgotten. Merges are not asked; they forget what is too much.
absl::Status CheckRoom(absl::Span<const Attribute> before, absl::Span<const Attribute> after);

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_ATTRIBUTE_H_
