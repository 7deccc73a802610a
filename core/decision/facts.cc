#include "core/decision/facts.h"

namespace nbo {

using rules::Value;

Facts::Facts(const WordSet& words, const RfmSegmentation& rfm, const Person& person, const Moment& moment,
             double minor_per_major)
    : words_(words) {
  static const CustomerState kNobody;
  slots = values_;
  known_.customer_known = person.state != nullptr;
  known_.state = person.state != nullptr ? person.state : &kNobody;
  known_.identity_types = person.identity_types;
  known_.moment = moment;
  known_.minor_per_major = minor_per_major;
  known_.features = ComputeFeatures(*known_.state, moment.today);
  SetRfm(person, rfm);
  Set(0, Slot::kCustomerCount);
  known_.segments = Value::List({});
  values_[Slot::kSegments] = known_.segments;
}

void Facts::Set(int begin, int end) {
  const Word* const words = Words().data();
  words_.ForEach(begin, end, [&](int slot) {
    const Word& word = words[slot];
    values_[static_cast<size_t>(slot)] = word.get(known_, word.window, &arena_);
  });
}

void Facts::SetRfm(const Person& person, const RfmSegmentation& segmentation) {
  known_.rfm = person.rfm ? *person.rfm : ScoresOf(person.population, known_.features, known_.moment.today);
  if (!known_.rfm.known()) return;
  rfm_segment_ = segmentation.PositionOf(known_.rfm);
  known_.rfm_segment = segmentation.segments()[static_cast<size_t>(rfm_segment_)].id;
}

void Facts::SetRequest(const OfferRequest& request) {
  known_.request = &request;
  Set(Slot::kBasketLines, Slot::kOfferId);
}

const std::vector<int>& Facts::SetSegments(const std::vector<Segment>& segments, const OfferConditions* conditions) {
  for (size_t i = 0; i < segments.size(); ++i) {
    if (conditions != nullptr && !conditions->NeedsSegment(segments[i].id)) continue;
    if (segments[i].rule.Evaluate(*this).is_true()) segments_.push_back(static_cast<int>(i));
  }
  absl::Span<Value> ids = arena_.NewArray<Value>(segments_.size());
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = Value::String(segments[static_cast<size_t>(segments_[i])].id);
  known_.segments = Value::List(ids);
  values_[Slot::kSegments] = known_.segments;
  return segments_;
}

void Facts::SetContextWeight(const std::vector<ContextWeight>& weights) {
  known_.context_weight = 1;
  for (const ContextWeight& context : weights) {
    if (context.when.Evaluate(*this).is_true()) known_.context_weight *= context.weight;
  }
  values_[Slot::kContextWeight] = Value::Double(known_.context_weight);
}

void Facts::SetOffer(const Offer& offer, uint8_t facts) {
  known_.offer = &offer;
  if (facts & kOfferWords) Set(Slot::kOfferId, Slot::kOfferAffinity);
  if (facts & kOfferAffinity) Set(Slot::kOfferAffinity, Slot::kOfferInBasket);
  if (facts & kOfferInBasket) Set(Slot::kOfferInBasket, Slot::kCount);
}

void Facts::SetOfferAt(int32_t position, uint8_t facts) {
  SetOffer(catalog_->offers[static_cast<size_t>(position)], facts & static_cast<uint8_t>(~kOfferInBasket));
  if ((facts & kOfferInBasket) == 0 || !words_.Has(Slot::kOfferInBasket)) return;
  if (in_basket_.empty()) in_basket_ = catalog_->basket_index.Find(*known_.request);
  values_[Slot::kOfferInBasket] = Value::Bool(in_basket_[static_cast<size_t>(position)] != 0);
}

Value Facts::Fact(int family, uint64_t key, int field) const {
  return WordFamilies()[static_cast<size_t>(family)].fields[static_cast<size_t>(field)].get(known_, key);
}

void Facts::ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const {
  WordFamilies()[static_cast<size_t>(family)].for_each_key(known_, visit);
}

}  // namespace nbo
