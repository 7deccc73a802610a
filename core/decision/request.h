// What a decision is asked.
#ifndef NBO_CORE_DECISION_REQUEST_H_
#define NBO_CORE_DECISION_REQUEST_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/channel.h"
#include "core/base/hash.h"

namespace nbo {

struct BasketLine {
  absl::string_view product_id;
  absl::string_view category;  // may be empty
  int64_t quantity_milli = 0;
  int64_t amount_minor = 0;
};

// One request for offers. Views point into the caller's message, which must outlive the decision.
struct OfferRequest {
  Channel channel = Channel::kUnspecified;
  absl::string_view placement;
  std::vector<absl::string_view> placements;  // to be filled by one answer, instead of `placement`; distinct
  absl::string_view store_id;
  absl::string_view terminal_id;
  absl::string_view operator_id;
  absl::string_view locale;
  std::vector<BasketLine> basket;
  std::vector<std::pair<absl::string_view, absl::string_view>> attributes;  // distinct keys
  absl::string_view request_id;                                             // may be empty
  int max_offers = 0;           // of each placement; 0: DefaultMaxOffers(channel)
  bool explain = false;         // fills Decision::explanations
  bool trace = false;           // fills Decision::candidates
  uint8_t neutral_factors = 0;  // FactorSet (factors.h): taken as neutral in formulas; only together with `explain`
};

// POS 1, KIOSK 4, others 3.
int DefaultMaxOffers(Channel channel);

// The places to be filled: one, maybe of no name, unless several are named.
inline size_t PlacementCount(const OfferRequest& request) {
  return request.placements.empty() ? 1 : request.placements.size();
}
inline absl::string_view PlacementAt(const OfferRequest& request, size_t number) {
  return request.placements.empty() ? request.placement : request.placements[number];
}
// The only one; empty if there are several.
inline absl::string_view SolePlacement(const OfferRequest& request) {
  return PlacementCount(request) == 1 ? PlacementAt(request, 0) : absl::string_view();
}

// Hash64 of the terminal's and of the request's id, as contacts hold them; 0 if there is none.
inline uint64_t TerminalKey(const OfferRequest& request) {
  return request.terminal_id.empty() ? 0 : Hash64(request.terminal_id);
}
inline uint64_t RequestKey(const OfferRequest& request) {
  return request.request_id.empty() ? 0 : Hash64(request.request_id);
}

// Checks everything against limits.h; INVALID_ARGUMENT names the field of nbo.v1.GetOffersRequest.
absl::Status ValidateOfferRequest(const OfferRequest& request);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_REQUEST_H_
