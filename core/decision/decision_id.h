// How a decision is named, and each offer of its answer.
#ifndef NBO_CORE_DECISION_DECISION_ID_H_
#define NBO_CORE_DECISION_DECISION_ID_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace nbo {

// When a decision was made and a random number, both given by the caller: ids sort by time, and two of one millisecond
// are not equal. On disk and in tokens; never changes its meaning.
struct DecisionId {
  int64_t unix_ms = 0;  // milliseconds since 1970, 0 to 2^48 - 1
  uint64_t random = 0;

  friend auto operator<=>(const DecisionId&, const DecisionId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const DecisionId& id) {
    return H::combine(std::move(h), id.unix_ms, id.random);
  }
};

inline constexpr int64_t kMaxDecisionUnixMs = (int64_t{1} << 48) - 1;
inline constexpr size_t kDecisionIdChars = 28;

// 12 hexadecimal digits of the time and 16 of the number, in lower case: texts sort as the ids do.
std::string DecisionIdText(const DecisionId& id);
// The inverse; nullopt for anything else, also for upper case: one decision has one name.
std::optional<DecisionId> ParseDecisionId(absl::string_view text);

// What an outcome names: one offer of one answer.
struct AttributionToken {
  DecisionId decision;
  int rank = 0;  // place in the answer, from 1 to kMaxOffersPerAnswer

  friend bool operator==(const AttributionToken&, const AttributionToken&) = default;
};

// "<decision id>.<rank>", for example "018c63c7a0f5d3b0c1a2e4f60718.1".
std::string AttributionTokenText(const AttributionToken& token);
// The inverse; nullopt for anything else.
std::optional<AttributionToken> ParseAttributionToken(absl::string_view text);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_DECISION_ID_H_
