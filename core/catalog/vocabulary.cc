#include "core/catalog/vocabulary.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/channel.h"

namespace nbo {
namespace {

using rules::Environment;
using rules::Type;

std::string WindowSuffix(int window) {
  return kWindowDays[window] == 0 ? "_lifetime" : absl::StrCat("_", kWindowDays[window], "d");
}

std::string WindowText(int window) {
  return kWindowDays[window] == 0 ? "over the lifetime"
                                  : absl::StrCat("in the last ", kWindowDays[window], " days, today included");
}

// Slots are positions: this order is that of Slot.
void AddCustomer(Environment* e) {
  e->AddVariable({"customer.known", Type::kBool, false, "true if anything was ever recorded for the customer"});
  e->AddVariable({"customer.recency_days", Type::kInt, true, "civil days since the last visit; 0 is today"});
  e->AddVariable({"customer.tenure_days", Type::kInt, true, "civil days since the first visit"});
  for (int w = 0; w < kWindowCount; ++w) {
    e->AddVariable({absl::StrCat("customer.frequency", WindowSuffix(w)), Type::kInt, false,
                    absl::StrCat("visits ", WindowText(w))});
  }
  for (int w = 0; w < kWindowCount; ++w) {
    e->AddVariable({absl::StrCat("customer.revenue", WindowSuffix(w)), Type::kDouble, false,
                    absl::StrCat("revenue ", WindowText(w), ", major currency units")});
  }
  for (int w = 0; w < kWindowCount; ++w) {
    e->AddVariable({absl::StrCat("customer.average_ticket", WindowSuffix(w)), Type::kDouble, true,
                    absl::StrCat("revenue per visit ", WindowText(w), ", major currency units")});
  }
  e->AddVariable(
      {"customer.discount_share", Type::kDouble, true, "discounts in lifetime spend before discounts, 0..1"});
  e->AddVariable({"customer.usual_store", Type::kString, true, "store of most visits"});
  e->AddVariable({"customer.recency_score", Type::kInt, false,
                  "1 to 5, 5 for the fifth of the customers who came last; 0: no visit, or no population yet"});
  e->AddVariable({"customer.frequency_score", Type::kInt, false,
                  "1 to 5, 5 for the fifth with the most visits; 0: no visit, or no population yet"});
  e->AddVariable({"customer.monetary_score", Type::kInt, false,
                  "1 to 5, 5 for the fifth with the most revenue; 0: no visit, or no population yet"});
  e->AddVariable({"customer.rfm_segment", Type::kString, false,
                  "id of the RFM segment, 'others' if none matches; empty without scores"});
  e->AddFamily({"category",
                "the customer's relation to a category, over the lifetime",
                {{"share", Type::kDouble, false, "share of revenue, 0..1"},
                 {"visits", Type::kInt, false, "visits with the category bought"},
                 {"revenue", Type::kDouble, false, "revenue, major currency units"},
                 {"days_since", Type::kInt, true, "civil days since it was last bought"}},
                &CategoryKey});
  e->AddFamily({"channel",
                "the customer's visits by channel, over the lifetime",
                {{"share", Type::kDouble, false, "share of the visits that name a channel, 0..1"},
                 {"visits", Type::kInt, false, "visits"}},
                [](absl::string_view name) -> uint64_t {
                  return static_cast<uint64_t>(ChannelByName(name).value_or(Channel::kUnspecified));
                }});
}

void AddRequest(Environment* e) {
  e->AddVariable({"customer.segments", Type::kStringList, false, "ids of the segments the customer is in"});
  e->AddVariable({"basket.lines", Type::kInt, false, "lines in the basket"});
  e->AddVariable({"basket.total", Type::kDouble, false, "amount of the basket, major currency units"});
  e->AddVariable({"basket.products", Type::kStringList, false, "product ids in the basket"});
  e->AddVariable({"basket.categories", Type::kStringList, false, "categories in the basket"});
  e->AddVariable({"request.channel", Type::kString, false, "POS, KIOSK, MOBILE_APP, WEB, ..."});
  e->AddVariable({"request.placement", Type::kString, false, "spot within the channel; may be empty"});
  e->AddVariable({"request.store", Type::kString, false, "store id; may be empty"});
  e->AddVariable({"request.terminal", Type::kString, false, "terminal id; may be empty"});
  e->AddVariable({"request.operator", Type::kString, false, "operator id; may be empty"});
  e->AddVariable({"request.locale", Type::kString, false, "language wanted; may be empty"});
  e->AddVariable({"request.hour", Type::kInt, false, "local hour, 0..23"});
  e->AddVariable({"request.weekday", Type::kInt, false, "local day of the week, 0 is Sunday"});
  e->AddVariable({"request.attributes", Type::kStringMap, false, "free facts sent with the request"});
}

void AddOffer(Environment* e) {
  e->AddVariable({"offer.id", Type::kString, false, "id of the offer at hand"});
  e->AddVariable({"offer.group", Type::kString, false, "its group; may be empty"});
  e->AddVariable({"offer.kind", Type::kString, false, "discount, points, gift, cross_sell, up_sell or information"});
  e->AddVariable({"offer.value", Type::kDouble, false, "margin if accepted, major currency units"});
  e->AddVariable({"offer.cost", Type::kDouble, false, "cost if accepted, major currency units"});
  e->AddVariable({"offer.propensity", Type::kDouble, false, "chance of acceptance, 0..1"});
  e->AddVariable({"offer.weight", Type::kDouble, false, "the author's weight"});
  e->AddVariable(
      {"offer.affinity", Type::kDouble, false, "customer's share of revenue in the offer's categories, 0..1"});
  e->AddVariable({"offer.visits", Type::kInt, false, "customer's visits with the offer's categories, added up"});
  e->AddVariable(
      {"offer.in_basket", Type::kBool, false, "true if the basket holds a product or category of the offer"});
}

}  // namespace

const Environment& CustomerVocabulary() {
  static const Environment* const environment = [] {
    auto* e = new Environment;
    AddCustomer(e);
    return e;
  }();
  return *environment;
}

const Environment& FullVocabulary() {
  static const Environment* const environment = [] {
    auto* e = new Environment;
    AddCustomer(e);
    AddRequest(e);
    AddOffer(e);
    return e;
  }();
  return *environment;
}

}  // namespace nbo
