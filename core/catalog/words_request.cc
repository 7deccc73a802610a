// The words about segments, basket and request.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/known.h"
#include "core/catalog/words.h"
#include "core/rules/times.h"

namespace nbo {
namespace {

using rules::Type;
using rules::Value;

enum LineField { kProduct, kCategory, kQuantity, kAmount, kLineFieldCount };

absl::string_view Keep(absl::string_view text, rules::Arena* arena) {
  absl::Span<char> kept = arena->NewArray<char>(text.size());
  std::copy(text.begin(), text.end(), kept.begin());
  return absl::string_view(kept.data(), kept.size());
}

Value LineOf(const Known& known, const BasketLine& line, rules::Arena* arena) {
  absl::Span<Value> fields = arena->NewArray<Value>(kLineFieldCount);
  fields[kProduct] = Value::String(line.product_id);
  fields[kCategory] = Value::String(line.category);
  fields[kQuantity] = Value::Double(static_cast<double>(line.quantity_milli) / 1000);
  fields[kAmount] = known.Major(line.amount_minor);
  return Value::Object(fields);
}

Value Lines(const Known& known, int, rules::Arena* arena) {
  absl::Span<Value> lines = arena->NewArray<Value>(known.request->basket.size());
  size_t count = 0;
  for (const BasketLine& line : known.request->basket) lines[count++] = LineOf(known, line, arena);
  return Value::List(lines);
}

Value Total(const Known& known, int, rules::Arena*) {
  int64_t total_minor = 0;
  for (const BasketLine& line : known.request->basket) total_minor += line.amount_minor;
  return known.Major(total_minor);
}

Value Products(const Known& known, int, rules::Arena* arena) {
  absl::Span<Value> products = arena->NewArray<Value>(known.request->basket.size());
  size_t count = 0;
  for (const BasketLine& line : known.request->basket) products[count++] = Value::String(line.product_id);
  return Value::List(products);
}

Value Categories(const Known& known, int, rules::Arena* arena) {
  absl::Span<Value> categories = arena->NewArray<Value>(known.request->basket.size());
  size_t count = 0;
  for (const BasketLine& line : known.request->basket) {
    if (!line.category.empty()) categories[count++] = Value::String(line.category);
  }
  return Value::List(categories.first(count));
}

Value Attributes(const Known& known, int, rules::Arena* arena) {
  absl::Span<rules::MapEntry> entries = arena->NewArray<rules::MapEntry>(known.request->attributes.size());
  size_t count = 0;
  for (const auto& [key, value] : known.request->attributes) {
    entries[count++] = {Value::String(key), Value::String(value)};
  }
  rules::SortEntries(entries);
  return Value::Map(entries);
}

// The wall clock as an instant of UTC.
Value LocalTime(const Known& known, int, rules::Arena*) {
  return rules::TimestampOf(absl::FromCivil(known.moment.local.cs, absl::UTCTimeZone()) + known.moment.local.subsecond);
}

void AppendBasket(std::vector<Word>* words) {
  words->push_back({Slot::kBasketLines, "basket.lines", Type::List(kBasketLine), false, "",
                    "what is being bought, line by line", &Lines});
  words->back().max_size = kMaxLinesPerReceipt;
  words->push_back({Slot::kBasketSize, "basket.size", Type::kInt, false, "lines", "lines in the basket",
                    [](const Known& known, int, rules::Arena*) {
                      return Value::Int(static_cast<int64_t>(known.request->basket.size()));
                    }});
  words->push_back(
      {Slot::kBasketTotal, "basket.total", Type::kDouble, false, kMajorUnits, "amount of the basket", &Total});
  words->push_back({Slot::kBasketProducts, "basket.products", Type::kStringList, false, "",
                    "product ids in the basket, one for each line", &Products});
  words->back().max_size = kMaxLinesPerReceipt;
  words->push_back({Slot::kBasketCategories, "basket.categories", Type::kStringList, false, "",
                    "categories in the basket, one for each line that has one", &Categories});
  words->back().max_size = kMaxLinesPerReceipt;
}

void AppendPlace(std::vector<Word>* words) {
  words->push_back(
      {Slot::kChannel, "request.channel", Type::kString, false, "", "POS, KIOSK, MOBILE_APP, WEB, ...",
       [](const Known& known, int, rules::Arena*) { return Value::String(ChannelName(known.request->channel)); }});
  words->push_back(
      {Slot::kPlacement, "request.placement", Type::kString, false, "",
       "spot within the channel; empty if none is named, or several in one request",
       [](const Known& known, int, rules::Arena*) { return Value::String(SolePlacement(*known.request)); }});
  words->push_back({Slot::kStore, "request.store", Type::kString, false, "", "store id; may be empty",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.request->store_id); }});
  words->push_back({Slot::kTerminal, "request.terminal", Type::kString, false, "", "terminal id; may be empty",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.request->terminal_id); }});
  words->push_back({Slot::kOperator, "request.operator", Type::kString, false, "", "operator id; may be empty",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.request->operator_id); }});
  words->push_back({Slot::kLocale, "request.locale", Type::kString, false, "", "language wanted; may be empty",
                    [](const Known& known, int, rules::Arena*) { return Value::String(known.request->locale); }});
}

void AppendTime(std::vector<Word>* words) {
  words->push_back({Slot::kHour, "request.hour", Type::kInt, false, "0..23", "local hour",
                    [](const Known& known, int, rules::Arena*) { return Value::Int(known.moment.local.cs.hour()); }});
  words->push_back({Slot::kWeekday, "request.weekday", Type::kInt, false, "0..6", "local day of the week, 0 is Sunday",
                    [](const Known& known, int, rules::Arena*) {
                      // Abseil's Monday is 0.
                      return Value::Int((static_cast<int>(absl::GetWeekday(known.moment.local.cs)) + 1) % 7);
                    }});
  words->push_back({Slot::kLocalTime, "request.local_time", Type::kTimestamp, false, "",
                    "what the clock on the wall shows, as if it were UTC: request.local_time.getMinutes(); for an "
                    "instant use now",
                    &LocalTime});
  words->push_back({Slot::kTimeZone, "request.time_zone", Type::kString, false, "",
                    "IANA name of the time zone of the request: now.getHours(request.time_zone)",
                    [](const Known& known, int, rules::Arena* arena) {
                      return Value::String(Keep(known.moment.zone.name(), arena));
                    }});
}

}  // namespace

rules::ObjectClass BasketLineClass() {
  return {"basket_line",
          "a line of the basket",
          {{"product", Type::kString, false, "product id"},
           {"category", Type::kString, false, "category of the product; may be empty"},
           {"quantity", Type::kDouble, false, "units; 0 if not given"},
           {"amount", Type::kDouble, false, absl::StrCat("amount of the line; ", kMajorUnits)}}};
}

void AppendRequestWords(std::vector<Word>* words) {
  words->push_back({Slot::kSegments, "customer.segments", Type::kStringList, false, "",
                    "ids of the catalog's segments the customer is in; not in segment rules",
                    [](const Known& known, int, rules::Arena*) { return known.segments; }});
  words->back().max_size = kMaxSegments;
  AppendBasket(words);
  AppendPlace(words);
  AppendTime(words);
  words->push_back({Slot::kRequestAttributes, "request.attributes", Type::kStringMap, false, "",
                    "free facts sent with the request", &Attributes});
  words->back().max_size = kMaxAttributes;
  words->push_back({Slot::kContextWeight, "context_weight", Type::kDouble, false, "",
                    "product of the catalog's context_weights that hold for the request; 1 if none does",
                    [](const Known& known, int, rules::Arena*) { return Value::Double(known.context_weight); }});
}

}  // namespace nbo
