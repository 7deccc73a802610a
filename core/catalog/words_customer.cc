// The words about the customer.
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/known.h"
#include "core/catalog/words.h"
#include "core/rules/times.h"

namespace nbo {
namespace {

using rules::Type;
using rules::Value;

template <typename Optional>
Value IntOrNull(const Optional& number) {
  return number ? Value::Int(*number) : Value::Null();
}

std::string WindowName(absl::string_view name, int window) {
  return kWindowDays[window] == 0 ? absl::StrCat("customer.", name, "_lifetime")
                                  : absl::StrCat("customer.", name, "_", kWindowDays[window], "d");
}

std::string WindowDoc(absl::string_view what, int window) {
  return kWindowDays[window] == 0 ? absl::StrCat(what, " over the lifetime")
                                  : absl::StrCat(what, " in the last ", kWindowDays[window], " days, today included");
}

Value Frequency(const Known& known, int window, rules::Arena*) {
  return Value::Int(known.features.windows[window].frequency);
}
Value Revenue(const Known& known, int window, rules::Arena*) {
  return known.Major(known.features.windows[window].revenue_minor);
}
Value Discount(const Known& known, int window, rules::Arena*) {
  return known.Major(known.features.windows[window].discount_minor);
}
Value AverageTicket(const Known& known, int window, rules::Arena*) {
  const std::optional<double> ticket = known.features.windows[window].AverageTicketMinor();
  return ticket ? Value::Double(*ticket / known.minor_per_major) : Value::Null();
}

void AppendWindows(std::vector<Word>* words) {
  for (int w = 0; w < kWindowCount; ++w) {
    words->push_back({Slot::kFrequency + w, WindowName("frequency", w), Type::kInt, false, "visits",
                      WindowDoc("visits", w), &Frequency, w});
  }
  for (int w = 0; w < kWindowCount; ++w) {
    words->push_back({Slot::kRevenue + w, WindowName("revenue", w), Type::kDouble, false, kMajorUnits,
                      WindowDoc("revenue after discounts and returns", w), &Revenue, w});
  }
  for (int w = 0; w < kWindowCount; ++w) {
    words->push_back({Slot::kDiscount + w, WindowName("discount", w), Type::kDouble, false, kMajorUnits,
                      WindowDoc("discounts received", w), &Discount, w});
  }
  for (int w = 0; w < kWindowCount; ++w) {
    words->push_back({Slot::kAverageTicket + w, WindowName("average_ticket", w), Type::kDouble, true, kMajorUnits,
                      WindowDoc("revenue per visit", w), &AverageTicket, w});
  }
}

// Entries by the name of the channel.
Value ConsentByChannel(const Known& known, int, rules::Arena* arena) {
  absl::Span<rules::MapEntry> entries = arena->NewArray<rules::MapEntry>(known.state->consents.size());
  size_t count = 0;
  for (const Consent& consent : known.state->consents) {
    entries[count++] = {Value::String(ChannelName(consent.channel)), Value::Bool(consent.granted)};
  }
  rules::SortEntries(entries);
  return Value::Map(entries);
}

// Without those that were removed.
Value CustomerAttributes(const Known& known, int, rules::Arena* arena) {
  absl::Span<rules::MapEntry> entries = arena->NewArray<rules::MapEntry>(known.state->attributes.size());
  size_t count = 0;
  for (const Attribute& attribute : known.state->attributes) {
    if (!attribute.value) continue;
    entries[count++] = {Value::String(attribute.key), Value::String(*attribute.value)};
  }
  entries = entries.first(count);
  rules::SortEntries(entries);
  return Value::Map(entries);
}

Value IdentitiesKnown(const Known& known, int, rules::Arena* arena) {
  absl::Span<Value> names = arena->NewArray<Value>(kIdentityTypeCount);
  size_t count = 0;
  for (int type = 1; type < kIdentityTypeCount; ++type) {
    if ((known.identity_types >> type & 1) == 0) continue;
    names[count++] = Value::String(IdentityTypeName(static_cast<IdentityType>(type)));
  }
  return Value::List(names.first(count));
}

void AppendScores(std::vector<Word>* words) {
  constexpr absl::string_view kNone = "; 0: no visit, or no population yet";
  words->push_back({Slot::kRecencyScore, "customer.recency_score", Type::kInt, false, "1..5",
                    absl::StrCat("5 for the fifth of the customers who came last", kNone),
                    [](const Known& known, int, rules::Arena*) { return Value::Int(known.rfm.recency); }});
  words->push_back({Slot::kFrequencyScore, "customer.frequency_score", Type::kInt, false, "1..5",
                    absl::StrCat("5 for the fifth with the most visits", kNone),
                    [](const Known& known, int, rules::Arena*) { return Value::Int(known.rfm.frequency); }});
  words->push_back({Slot::kMonetaryScore, "customer.monetary_score", Type::kInt, false, "1..5",
                    absl::StrCat("5 for the fifth with the most revenue", kNone),
                    [](const Known& known, int, rules::Arena*) { return Value::Int(known.rfm.monetary); }});
  words->push_back({Slot::kRfmSegment, "customer.rfm_segment", Type::kString, false, "",
                    "id of the RFM segment, such as \"champions\"; \"others\" if none matches; empty without scores",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.rfm_segment); }});
}

}  // namespace

void AppendCustomerWords(std::vector<Word>* words) {
  words->push_back({Slot::kKnown, "customer.known", Type::kBool, false, "",
                    "true if anything was ever recorded for the customer",
                    [](const Known& known, int, rules::Arena*) { return Value::Bool(known.customer_known); }});
  words->push_back({Slot::kRecencyDays, "customer.recency_days", Type::kInt, true, "days",
                    "civil days since the last visit; 0 is today",
                    [](const Known& known, int, rules::Arena*) { return IntOrNull(known.features.recency_days); }});
  words->push_back({Slot::kTenureDays, "customer.tenure_days", Type::kInt, true, "days",
                    "civil days since the first visit",
                    [](const Known& known, int, rules::Arena*) { return IntOrNull(known.features.tenure_days); }});
  AppendWindows(words);
  words->push_back({Slot::kDiscountShare, "customer.discount_share", Type::kDouble, true, "0..1",
                    "discounts in lifetime spend before discounts", [](const Known& known, int, rules::Arena*) {
                      const std::optional<double>& share = known.features.discount_share;
                      return share ? Value::Double(*share) : Value::Null();
                    }});
  words->push_back({Slot::kUsualStore, "customer.usual_store", Type::kString, true, "",
                    "store of most visits; of equals the one visited last", [](const Known& known, int, rules::Arena*) {
                      const absl::string_view store = known.features.usual_store;
                      return store.empty() ? Value::Null() : Value::String(store);
                    }});
  AppendScores(words);
  words->push_back({Slot::kConsent, "customer.consent", Type::Map(Type::kString, Type::kBool), false, "",
                    "by channel (EMAIL, SMS, ...): may the customer be contacted there? Channels of which nothing was "
                    "stated are not in it",
                    &ConsentByChannel});
  words->back().max_size = kChannelCount;
  words->push_back({Slot::kCustomerAttributes, "customer.attributes", Type::kStringMap, false, "",
                    "free facts that the host has stated of the customer, by RecordAttributes", &CustomerAttributes});
  words->back().max_size = kMaxAttributeKeysPerCustomer;
  words->push_back({Slot::kIdentities, "customer.identities", Type::kStringList, false, "",
                    "kinds of identities linked to the customer: card, phone, email, app_user, device",
                    &IdentitiesKnown});
  words->back().max_size = kIdentityTypeCount;
  words->push_back({Slot::kNow, "now", Type::kTimestamp, false, "", "the moment of the decision",
                    [](const Known& known, int, rules::Arena*) { return rules::TimestampOf(known.moment.now); }});
}

}  // namespace nbo
