// Offers as people see them at each channel.
#pragma once

#include <iosfwd>

#include "nbo/v1/channel.pb.h"

namespace nbo::v1 {
class GetOffersResponse;
}

namespace nbo::ctl {

// For POS the script in a frame like the till's display, elsewhere title, text and button; then reason, score, coupon
// and end. Says so when the answer is not of the full tier. Explanations, if any, follow as a table.
void PrintOffers(std::ostream& out, const nbo::v1::GetOffersResponse& response, nbo::v1::Channel channel);

}  // namespace nbo::ctl
