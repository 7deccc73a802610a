// The facts of one request as rules see them.
#ifndef NBO_CORE_DECISION_FACTS_H_
#define NBO_CORE_DECISION_FACTS_H_

#include <array>
#include <vector>

#include "absl/time/time.h"
#include "core/catalog/catalog.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/request.h"
#include "core/features/features.h"
#include "core/population/population.h"
#include "core/rules/environment.h"

namespace nbo {

// One activation for a whole request: customer and request are set once, the offer's slots are rewritten per offer.
// Everything given must outlive it. Not thread-safe: one per request.
class Facts : public rules::Activation {
 public:
  // `state` may be null: an unknown customer. `minor_per_major` is 100 for cents.
  Facts(const CustomerState* state, Day today, double minor_per_major);
  Facts(const Facts&) = delete;

  // Sets the RFM scores and segment; call before SetSegments. `population` may be null: no scores.
  void SetRfm(const Population* population, const RfmSegmentation& segmentation);
  // Sets basket and request; `local` is the wall clock at the place of the request.
  void SetRequest(const OfferRequest& request, const absl::TimeZone::CivilInfo& local);
  // Evaluates segments of a catalog and sets customer.segments; returns their positions in the catalog. With
  // `conditions`, only the segments that those need.
  const std::vector<int>& SetSegments(const std::vector<Segment>& segments,
                                      const OfferConditions* conditions = nullptr);
  // Sets those facts of an offer that `facts`, a set of OfferFacts, names; the others keep the values of an earlier
  // one.
  void SetOffer(const Offer& offer, uint8_t facts);

  rules::Value Fact(int family, uint64_t key, int field) const override;
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override;

  bool customer_known() const { return state_ != nullptr; }

 private:
  rules::Value CategoryFact(uint64_t key, int field) const;
  rules::Value ChannelFact(uint64_t key, int field) const;
  bool InBasket(const Offer& offer);
  void SetAffinity(const Offer& offer);
  void SetCustomer();
  rules::Value Major(int64_t minor) const {
    return rules::Value::Double(static_cast<double>(minor) / minor_per_major_);
  }

  const CustomerState* state_;
  const Day today_;
  const double minor_per_major_;
  CustomerFeatures features_;
  std::array<rules::Value, Slot::kCount> values_;
  std::vector<int> segments_;
  std::vector<rules::Value> segment_ids_;
  std::vector<rules::Value> products_;
  std::vector<rules::Value> categories_;
  std::vector<rules::MapEntry> attributes_;
  // Hash64 of the basket's products and categories; made when first needed. As everywhere for categories, 64 bits are
  // taken for the name.
  bool basket_keys_made_ = false;
  std::vector<uint64_t> product_keys_;
  std::vector<uint64_t> category_keys_;
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_FACTS_H_
