// What a decision is asked.
#ifndef NBO_CORE_DECISION_REQUEST_H_
#define NBO_CORE_DECISION_REQUEST_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/channel.h"

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
  absl::string_view store_id;
  absl::string_view terminal_id;
  absl::string_view operator_id;
  absl::string_view locale;
  std::vector<BasketLine> basket;
  std::vector<std::pair<absl::string_view, absl::string_view>> attributes;  // distinct keys
  int max_offers = 0;                                                       // 0: DefaultMaxOffers(channel)
  bool explain = false;
};

// POS 1, KIOSK 4, others 3.
int DefaultMaxOffers(Channel channel);

// Checks everything against limits.h; INVALID_ARGUMENT names the field of nbo.v1.GetOffersRequest.
absl::Status ValidateOfferRequest(const OfferRequest& request);

}  // namespace nbo

#endif  // NBO_CORE_DECISION_REQUEST_H_
