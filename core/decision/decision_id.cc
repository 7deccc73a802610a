#include "core/decision/decision_id.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

constexpr size_t kTimeDigits = 12;

// Of digits in lower case only; at most 16.
bool ParseHex(absl::string_view digits, uint64_t* value) {
  *value = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return false;
    *value = *value << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return true;
}

}  // namespace

std::string DecisionIdText(const DecisionId& id) {
  return absl::StrCat(absl::Hex(static_cast<uint64_t>(id.unix_ms), absl::kZeroPad12),
                      absl::Hex(id.random, absl::kZeroPad16));
}

std::optional<DecisionId> ParseDecisionId(absl::string_view text) {
  uint64_t time = 0, random = 0;
  if (text.size() != kDecisionIdChars) return std::nullopt;
  if (!ParseHex(text.substr(0, kTimeDigits), &time) || !ParseHex(text.substr(kTimeDigits), &random)) {
    return std::nullopt;
  }
  return DecisionId{static_cast<int64_t>(time), random};
}

std::string AttributionTokenText(const AttributionToken& token) {
  return absl::StrCat(DecisionIdText(token.decision), ".", token.rank);
}

std::optional<AttributionToken> ParseAttributionToken(absl::string_view text) {
  if (text.size() < kDecisionIdChars + 2 || text[kDecisionIdChars] != '.') return std::nullopt;
  const auto decision = ParseDecisionId(text.substr(0, kDecisionIdChars));
  const absl::string_view digits = text.substr(kDecisionIdChars + 1);
  int rank = 0;
  if (!decision || !absl::SimpleAtoi(digits, &rank) || rank < 1 || rank > kMaxOffersPerAnswer) return std::nullopt;
  if (digits != absl::AlphaNum(rank).Piece()) return std::nullopt;  // "+1", "01", " 1"
  return AttributionToken{*decision, rank};
}

}  // namespace nbo
