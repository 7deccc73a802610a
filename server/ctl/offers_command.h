// nboctl offers get, nboctl offers explain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/ctl/context.h"
#include "server/ctl/customer_options.h"

namespace nbo::ctl {

struct OffersGetOptions {
  std::string customer_id;
  IdentityOptions identities;
  std::string channel;
  std::string placement;
  std::string store_id;
  std::string terminal_id;
  std::string operator_id;
  std::string locale;
  // Each "product[:category[:amount[:quantity]]]", amount in major units.
  std::vector<std::string> basket;
  int32_t max_offers = 0;
  // Each "key=value".
  std::vector<std::string> attributes;
  std::string request_id;
  // RFC 3339; empty: now.
  std::string as_of;
  bool explain = false;
};

ExitCode RunOffersGet(Context& context, const OffersGetOptions& options);

struct OffersExplainOptions {
  OffersGetOptions request;
  // Empty: all offers.
  std::vector<std::string> offer_ids;
};

// kExitNotFound if the catalog has not all of these offers; those that it has are explained.
ExitCode RunOffersExplain(Context& context, const OffersExplainOptions& options);

// INVALID_ARGUMENT names the option at fault.
absl::StatusOr<nbo::v1::GetOffersRequest> MakeOffersRequest(const OffersGetOptions& options, int minor_digits);

// "MILK:DAIRY:1.99:2": empty parts count as not given, the quantity is 1 by default.
absl::StatusOr<nbo::v1::BasketLine> ParseBasketLine(absl::string_view text, int minor_digits);

}  // namespace nbo::ctl
