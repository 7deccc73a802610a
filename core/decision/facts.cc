#include "core/decision/facts.h"

#include <algorithm>

#include "core/base/hash.h"

namespace nbo {

using rules::Value;

Facts::Facts(const CustomerState* state, Day today, double minor_per_major)
    : state_(state), today_(today), minor_per_major_(minor_per_major) {
  slots = values_;
  SetCustomer();
}

void Facts::SetCustomer() {
  static const CustomerState kNobody;
  features_ = ComputeFeatures(state_ != nullptr ? *state_ : kNobody, today_);
  values_[Slot::kKnown] = Value::Bool(state_ != nullptr);
  values_[Slot::kSegments] = Value::List({});
  for (int slot : {Slot::kRecencyScore, Slot::kFrequencyScore, Slot::kMonetaryScore}) values_[slot] = Value::Int(0);
  values_[Slot::kRfmSegment] = Value::String("");
  if (features_.recency_days) values_[Slot::kRecencyDays] = Value::Int(*features_.recency_days);
  if (features_.tenure_days) values_[Slot::kTenureDays] = Value::Int(*features_.tenure_days);
  for (int w = 0; w < kWindowCount; ++w) {
    const WindowFeatures& window = features_.windows[w];
    values_[Slot::kFrequency + w] = Value::Int(window.frequency);
    values_[Slot::kRevenue + w] = Major(window.revenue_minor);
    if (auto ticket = window.AverageTicketMinor()) {
      values_[Slot::kAverageTicket + w] = Value::Double(*ticket / minor_per_major_);
    }
  }
  if (features_.discount_share) values_[Slot::kDiscountShare] = Value::Double(*features_.discount_share);
  if (!features_.usual_store.empty()) values_[Slot::kUsualStore] = Value::String(features_.usual_store);
}

void Facts::SetRfm(const Population* population, const RfmSegmentation& segmentation) {
  const RfmScores scores = ScoresOf(population, features_, today_);
  if (!scores.known()) return;
  values_[Slot::kRecencyScore] = Value::Int(scores.recency);
  values_[Slot::kFrequencyScore] = Value::Int(scores.frequency);
  values_[Slot::kMonetaryScore] = Value::Int(scores.monetary);
  values_[Slot::kRfmSegment] = Value::String(segmentation.segments()[segmentation.PositionOf(scores)].id);
}

void Facts::SetRequest(const OfferRequest& request, const absl::TimeZone::CivilInfo& local) {
  int64_t total_minor = 0;
  products_.reserve(request.basket.size());
  categories_.reserve(request.basket.size());
  for (const BasketLine& line : request.basket) {
    total_minor += line.amount_minor;
    products_.push_back(Value::String(line.product_id));
    if (!line.category.empty()) categories_.push_back(Value::String(line.category));
  }
  values_[Slot::kBasketLines] = Value::Int(static_cast<int64_t>(request.basket.size()));
  values_[Slot::kBasketTotal] = Major(total_minor);
  values_[Slot::kBasketProducts] = Value::List(products_);
  values_[Slot::kBasketCategories] = Value::List(categories_);
  values_[Slot::kChannel] = Value::String(ChannelName(request.channel));
  values_[Slot::kPlacement] = Value::String(request.placement);
  values_[Slot::kStore] = Value::String(request.store_id);
  values_[Slot::kTerminal] = Value::String(request.terminal_id);
  values_[Slot::kOperator] = Value::String(request.operator_id);
  values_[Slot::kLocale] = Value::String(request.locale);
  values_[Slot::kHour] = Value::Int(local.cs.hour());
  values_[Slot::kWeekday] = Value::Int((static_cast<int>(absl::GetWeekday(local.cs)) + 1) % 7);  // absl: Monday is 0
  attributes_.reserve(request.attributes.size());
  for (const auto& [name, text] : request.attributes) attributes_.push_back({Value::String(name), Value::String(text)});
  rules::SortEntries(absl::MakeSpan(attributes_));
  values_[Slot::kAttributes] = Value::Map(attributes_);
}

const std::vector<int>& Facts::SetSegments(const std::vector<Segment>& segments, const OfferConditions* conditions) {
  for (size_t i = 0; i < segments.size(); ++i) {
    if (conditions != nullptr && !conditions->NeedsSegment(segments[i].id)) continue;
    if (!segments[i].rule.Evaluate(*this).is_true()) continue;
    segments_.push_back(static_cast<int>(i));
    segment_ids_.push_back(Value::String(segments[i].id));
  }
  values_[Slot::kSegments] = Value::List(segment_ids_);
  return segments_;
}

bool Facts::InBasket(const Offer& offer) {
  if (!basket_keys_made_) {
    for (const Value& product : products_) product_keys_.push_back(Hash64(product.string_value()));
    for (const Value& category : categories_) category_keys_.push_back(CategoryKey(category.string_value()));
    basket_keys_made_ = true;
  }
  for (uint64_t product : product_keys_) {
    if (std::binary_search(offer.product_keys.begin(), offer.product_keys.end(), product)) return true;
  }
  for (uint64_t category : category_keys_) {
    for (uint64_t own : offer.category_keys) {
      if (own == category) return true;
    }
  }
  return false;
}

void Facts::SetAffinity(const Offer& offer) {
  double affinity = 0;
  int64_t visits = 0;
  if (state_ != nullptr) {
    for (uint64_t key : offer.category_keys) {
      const CategoryTotals* totals = state_->FindCategory(key);
      if (totals == nullptr) continue;
      affinity += CategoryShare(*totals, features_);
      visits += totals->visits;
    }
  }
  // Returns can push a share outside 0..1; a score must not follow them there.
  values_[Slot::kOfferAffinity] = Value::Double(std::clamp(affinity, 0.0, 1.0));
  values_[Slot::kOfferVisits] = Value::Int(visits);
}

void Facts::SetOffer(const Offer& offer, uint8_t facts) {
  if (facts & kOfferWords) {
    values_[Slot::kOfferId] = Value::String(offer.id);
    values_[Slot::kOfferGroup] = Value::String(offer.group);
    values_[Slot::kOfferKind] = Value::String(OfferKindName(offer.kind));
    values_[Slot::kOfferValue] = Value::Double(offer.value);
    values_[Slot::kOfferCost] = Value::Double(offer.cost);
    values_[Slot::kOfferPropensity] = Value::Double(offer.propensity);
    values_[Slot::kOfferWeight] = Value::Double(offer.weight);
  }
  if (facts & kOfferAffinity) SetAffinity(offer);
  if (facts & kOfferInBasket) values_[Slot::kOfferInBasket] = Value::Bool(InBasket(offer));
}

Value Facts::CategoryFact(uint64_t key, int field) const {
  const CategoryTotals* totals = state_ == nullptr ? nullptr : state_->FindCategory(key);
  static constexpr CategoryTotals kNever;
  if (totals == nullptr) totals = &kNever;
  switch (field) {
    case CategoryField::kShare: return Value::Double(CategoryShare(*totals, features_));
    case CategoryField::kVisits: return Value::Int(totals->visits);
    case CategoryField::kRevenue: return Major(totals->revenue_minor);
    case CategoryField::kDaysSince:
      if (auto days = DaysSince(*totals, today_)) return Value::Int(*days);
      return Value::Null();
  }
  return Value::Null();
}

Value Facts::ChannelFact(uint64_t key, int field) const {
  const Channel channel = static_cast<Channel>(key);
  const bool visits = state_ != nullptr && channel != Channel::kUnspecified;
  if (field == ChannelField::kVisits) {
    return Value::Int(visits ? state_->channel_visits[static_cast<int>(channel)] : 0);
  }
  return Value::Double(visits ? nbo::ChannelShare(*state_, channel, features_) : 0);
}

Value Facts::Fact(int family, uint64_t key, int field) const {
  return family == Family::kCategory ? CategoryFact(key, field) : ChannelFact(key, field);
}

void Facts::ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const {
  if (state_ == nullptr) return;
  if (family == Family::kCategory) {
    for (const CategoryTotals& totals : state_->categories) visit(totals.category);
    return;
  }
  for (int channel = 0; channel < kChannelCount; ++channel) {
    if (state_->channel_visits[channel] != 0) visit(static_cast<uint64_t>(channel));
  }
}

}  // namespace nbo
