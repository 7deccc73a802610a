// Offers as people see them at each channel.
#pragma once

#include <iosfwd>

#include "absl/strings/string_view.h"
#include "nbo/v1/channel.pb.h"

namespace nbo::v1 {
class GetOffersResponse;
class OfferExplanation;
enum Gate : int;
}  // namespace nbo::v1

namespace nbo::ctl {

// For POS the script in a frame like the till's display, elsewhere title, text and button; then reason, score, coupon
// and end. Says so when the answer is not of the full tier. Explanations, if any, follow as a table.
void PrintOffers(std::ostream& out, const nbo::v1::GetOffersResponse& response, nbo::v1::Channel channel);

// One line that says so when the answer is not of the full tier, else nothing.
void PrintTier(std::ostream& out, const nbo::v1::GetOffersResponse& response);

// The gate at which an offer stopped, as the begin of a sentence: "not eligible".
absl::string_view GateWords(nbo::v1::Gate gate);

// One line: "coffee-2for1: not eligible: customer.recency_days > 45 (it is 12)".
void PrintExplanation(std::ostream& out, const nbo::v1::OfferExplanation& explanation);

}  // namespace nbo::ctl
