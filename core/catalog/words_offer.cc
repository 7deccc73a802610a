// The words about the offer at hand, and the families.
#include "core/base/channel.h"
#include "core/catalog/known.h"
#include "core/catalog/words.h"

namespace nbo {
namespace {

using rules::Type;
using rules::Value;

Value Affinity(const Known& known, int, rules::Arena*) {
  return Value::Double(known.AffinityTo(known.offer->category_keys));
}

Value Visits(const Known& known, int, rules::Arena*) {
  return Value::Int(known.VisitsWith(known.offer->category_keys));
}

// Never null: that of a category never bought is all zero.
const CategoryTotals& TotalsOf(const Known& known, uint64_t key) {
  static constexpr CategoryTotals kNever;
  const CategoryTotals* totals = known.FindCategory(key);
  return totals != nullptr ? *totals : kNever;
}

WordFamily CategoryFamily() {
  return {"category",
          "a category as it stands in receipts",
          "the customer's relation to a category, over the lifetime",
          &CategoryKey,
          [](const Known& known, absl::FunctionRef<void(uint64_t key)> visit) {
            for (const CategoryTotals& totals : known.state->categories) visit(totals.category);
          },
          {{"share", Type::kDouble, false, "0..1", "share of revenue",
            [](const Known& known, uint64_t key) {
              return Value::Double(CategoryShare(TotalsOf(known, key), known.features));
            }},
           {"visits", Type::kInt, false, "visits", "visits with the category bought",
            [](const Known& known, uint64_t key) { return Value::Int(TotalsOf(known, key).visits); }},
           {"revenue", Type::kDouble, false, kMajorUnits, "revenue after discounts and returns",
            [](const Known& known, uint64_t key) { return known.Major(TotalsOf(known, key).revenue_minor); }},
           {"days_since", Type::kInt, true, "days", "civil days since it was last bought",
            [](const Known& known, uint64_t key) {
              const std::optional<int> days = DaysSince(TotalsOf(known, key), known.moment.today);
              return days ? Value::Int(*days) : Value::Null();
            }}}};
}

// 0 for a name that is no channel's: nobody has visits there.
uint64_t ChannelKey(absl::string_view name) {
  return static_cast<uint64_t>(ChannelByName(name).value_or(Channel::kUnspecified));
}

WordFamily ChannelFamily() {
  return {
      "channel",
      "a channel: POS, KIOSK, MOBILE_APP, WEB, ...",
      "the customer's visits by channel, over the lifetime",
      &ChannelKey,
      [](const Known& known, absl::FunctionRef<void(uint64_t key)> visit) {
        for (uint64_t channel = 0; channel < kChannelCount; ++channel) {
          if (known.state->channel_visits[channel] != 0) visit(channel);
        }
      },
      {{"share", Type::kDouble, false, "0..1", "share of the visits that name a channel",
        [](const Known& known, uint64_t key) {
          return Value::Double(key == 0 ? 0 : ChannelShare(*known.state, static_cast<Channel>(key), known.features));
        }},
       {"visits", Type::kInt, false, "visits", "visits",
        [](const Known& known, uint64_t key) { return Value::Int(key == 0 ? 0 : known.state->channel_visits[key]); }}}};
}

}  // namespace

void AppendOfferWords(std::vector<Word>* words) {
  words->push_back({Slot::kOfferId, "offer.id", Type::kString, false, "", "id of the offer at hand",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.offer->id); }});
  words->push_back({Slot::kOfferGroup, "offer.group", Type::kString, false, "", "its group; may be empty",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.offer->group); }});
  words->push_back(
      {Slot::kOfferKind, "offer.kind", Type::kString, false, "",
       "discount, points, gift, cross_sell, up_sell or information",
       [](const Known& known, int, rules::Arena*) { return Value::String(OfferKindName(known.offer->kind)); }});
  words->push_back({Slot::kOfferValue, "offer.value", Type::kDouble, false, kMajorUnits, "margin if accepted",
                    [](const Known& known, int, rules::Arena*) { return Value::Double(known.offer->value); }});
  words->push_back({Slot::kOfferCost, "offer.cost", Type::kDouble, false, kMajorUnits, "cost if accepted",
                    [](const Known& known, int, rules::Arena*) { return Value::Double(known.offer->cost); }});
  words->push_back({Slot::kOfferSupplierShare, "offer.supplier_share", Type::kDouble, false, "0..1",
                    "part of the cost that the supplier pays", [](const Known& known, int, rules::Arena*) {
                      return Value::Double(known.offer->terms.supplier_share);
                    }});
  words->push_back({Slot::kOfferPropensity, "offer.propensity", Type::kDouble, false, "0..1",
                    "chance of acceptance: in the score as learned from outcomes, in rules the author's estimate",
                    [](const Known& known, int, rules::Arena*) { return Value::Double(known.offer->propensity); }});
  words->push_back({Slot::kOfferWeight, "offer.weight", Type::kDouble, false, "", "the author's weight",
                    [](const Known& known, int, rules::Arena*) { return Value::Double(known.offer->weight); }});
  words->push_back({Slot::kOfferAffinity, "offer.affinity", Type::kDouble, false, "0..1",
                    "the customer's share of revenue in the offer's categories", &Affinity});
  words->push_back({Slot::kOfferVisits, "offer.visits", Type::kInt, false, "visits",
                    "the customer's visits with the offer's categories, added up", &Visits});
  words->push_back({Slot::kOfferInBasket, "offer.in_basket", Type::kBool, false, "",
                    "true if the basket holds a product or a category of the offer",
                    [](const Known& known, int, rules::Arena*) {
                      return Value::Bool(known.basket_keys.Holds(*known.request, *known.offer));
                    }});
}

void AppendFamilies(std::vector<WordFamily>* families) {
  families->push_back(CategoryFamily());
  families->push_back(ChannelFamily());
}

}  // namespace nbo
