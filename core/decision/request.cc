#include "core/decision/request.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace nbo {
namespace {

absl::Status CheckBasket(const std::vector<BasketLine>& basket) {
  if (basket.size() > kMaxLinesPerReceipt) {
    return absl::InvalidArgumentError(
        absl::StrCat("basket_lines: ", basket.size(), " lines; at most ", kMaxLinesPerReceipt, " are allowed"));
  }
  for (size_t i = 0; i < basket.size(); ++i) {
    const BasketLine& line = basket[i];
    auto field = [i](absl::string_view name) { return absl::StrCat("basket_lines[", i, "].", name); };
    if (!CheckId("", line.product_id, true).ok()) return CheckId(field("product_id"), line.product_id, true);
    if (!CheckId("", line.category, false).ok()) return CheckId(field("category"), line.category, false);
    if (line.amount_minor > kMaxLineAmountMinor || line.amount_minor < -kMaxLineAmountMinor) {
      return absl::InvalidArgumentError(
          absl::StrCat(field("amount_minor"), ": ", line.amount_minor, " is outside +-", kMaxLineAmountMinor));
    }
    if (line.quantity_milli > kMaxQuantityMilli || line.quantity_milli < -kMaxQuantityMilli) {
      return absl::InvalidArgumentError(
          absl::StrCat(field("quantity_milli"), ": ", line.quantity_milli, " is outside +-", kMaxQuantityMilli));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAttributes(const OfferRequest& request) {
  if (request.attributes.size() > kMaxAttributes) {
    return absl::InvalidArgumentError(
        absl::StrCat("attributes: ", request.attributes.size(), " entries; at most ", kMaxAttributes, " are allowed"));
  }
  for (const auto& [key, value] : request.attributes) {
    if (key.empty()) return absl::InvalidArgumentError("attributes: an empty key");
    if (absl::Status s = CheckText("attributes (key)", key, kMaxAttributeKeyBytes); !s.ok()) return s;
    if (absl::Status s = CheckText("attributes (value)", value, kMaxAttributeValueBytes); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status CheckPlacements(const OfferRequest& request) {
  if (absl::Status s = CheckId("placement", request.placement, false); !s.ok()) return s;
  const std::vector<absl::string_view>& placements = request.placements;
  if (placements.empty()) return absl::OkStatus();
  if (!request.placement.empty()) {
    return absl::InvalidArgumentError("placements: give either placement or placements, not both");
  }
  if (placements.size() > kMaxPlacementsPerRequest) {
    return absl::InvalidArgumentError(absl::StrCat("placements: ", placements.size(), " are named; at most ",
                                                   kMaxPlacementsPerRequest, " are allowed"));
  }
  for (size_t i = 0; i < placements.size(); ++i) {
    if (absl::Status s = CheckId(absl::StrCat("placements[", i, "]"), placements[i], true); !s.ok()) return s;
    if (std::find(placements.begin(), placements.begin() + static_cast<std::ptrdiff_t>(i), placements[i]) !=
        placements.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(absl::StrCat("placements[", i, "]: '", placements[i], "' is named twice"));
    }
  }
  if (placements.size() * static_cast<size_t>(request.max_offers) > size_t{kMaxOffersPerAnswer}) {
    return absl::InvalidArgumentError(absl::StrCat("max_offers: ", request.max_offers, " for each of ",
                                                   placements.size(), " placements; an answer holds at most ",
                                                   kMaxOffersPerAnswer, " offers"));
  }
  return absl::OkStatus();
}

}  // namespace

int DefaultMaxOffers(Channel channel) {
  switch (channel) {
    case Channel::kPos: return 1;  // a cashier says one thing
    case Channel::kKiosk: return 4;
    default: return 3;
  }
}

absl::Status ValidateOfferRequest(const OfferRequest& request) {
  if (request.channel == Channel::kUnspecified) {
    return absl::InvalidArgumentError("channel: is required; CHANNEL_POS, CHANNEL_KIOSK, CHANNEL_MOBILE_APP, ...");
  }
  if (request.max_offers < 0 || request.max_offers > kMaxOffersPerAnswer) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_offers: ", request.max_offers, " is outside 0..", kMaxOffersPerAnswer));
  }
  if (request.neutral_factors != 0 && !request.explain) {
    return absl::InvalidArgumentError("neutral_factors: compares for people, not for customers; set explain, too");
  }
  if (absl::Status s = CheckPlacements(request); !s.ok()) return s;
  if (absl::Status s = CheckId("request_id", request.request_id, false); !s.ok()) return s;
  if (absl::Status s = CheckId("store_id", request.store_id, false); !s.ok()) return s;
  if (absl::Status s = CheckId("terminal_id", request.terminal_id, false); !s.ok()) return s;
  if (absl::Status s = CheckId("operator_id", request.operator_id, false); !s.ok()) return s;
  if (absl::Status s = CheckText("locale", request.locale, kMaxLocaleBytes); !s.ok()) return s;
  if (absl::Status s = CheckBasket(request.basket); !s.ok()) return s;
  return CheckAttributes(request);
}

}  // namespace nbo
