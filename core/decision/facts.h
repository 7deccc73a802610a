// The facts of one request as rules see them.
#ifndef NBO_CORE_DECISION_FACTS_H_
#define NBO_CORE_DECISION_FACTS_H_

#include <array>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/catalog/known.h"
#include "core/catalog/vocabulary.h"
#include "core/decision/person.h"
#include "core/decision/request.h"
#include "core/population/population.h"
#include "core/propensity/model.h"
#include "core/rules/environment.h"

namespace nbo {

// One activation for a whole request: customer and request are set once, the offer's slots are rewritten per offer.
// Only the words that the catalog names get values, from the registry; the slots of the others stay Null.
// Everything given must outlive it. Not thread-safe: one per request.
class Facts : public rules::Activation {
 public:
  // `minor_per_major` is 100 for cents. Sets the words of the customer, all but customer.segments.
  Facts(const Catalog& catalog, const Person& person, const Moment& moment, double minor_per_major)
      : Facts(catalog.words, catalog.rfm, person, moment, minor_per_major) {
    catalog_ = &catalog;
  }
  // The same for a set of words that no catalog names.
  Facts(const WordSet& words, const RfmSegmentation& rfm, const Person& person, const Moment& moment,
        double minor_per_major);
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  // Sets the words of basket and request.
  void SetRequest(const OfferRequest& request);
  // Sets the word context_weight, for the facts set so far: all but those about offers must be.
  void SetContextWeight(const std::vector<ContextWeight>& weights);
  // Evaluates segments of a catalog and sets customer.segments; returns their positions in the catalog. With
  // `conditions`, only the segments that those need.
  const std::vector<int>& SetSegments(const std::vector<Segment>& segments,
                                      const OfferConditions* conditions = nullptr);
  // Sets those words of an offer that `facts`, a set of OfferFacts, names; the others keep the values of an earlier
  // one.
  void SetOffer(const Offer& offer, uint8_t facts);
  // The same for an offer of the catalog, by its position. Cheaper: what is in the basket is found once for all offers.
  void SetOfferAt(int32_t position, uint8_t facts);

  // Gives a word another value, until it is set anew.
  void Override(int slot, rules::Value value) { values_[static_cast<size_t>(slot)] = value; }

  rules::Value Fact(int family, uint64_t key, int field) const override;
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override;

  // As the words offer.affinity and offer.visits, for any offer of these categories.
  double AffinityTo(absl::Span<const uint64_t> category_keys) const { return known_.AffinityTo(category_keys); }
  int64_t VisitsWith(absl::Span<const uint64_t> category_keys) const { return known_.VisitsWith(category_keys); }

  bool customer_known() const { return known_.customer_known; }
  // Position of the customer's; kNoRfmSegment without scores.
  int rfm_segment() const { return rfm_segment_; }
  const RfmScores& rfm() const { return known_.rfm; }

 private:
  void SetRfm(const Person& person, const RfmSegmentation& segmentation);
  // Gives the words in [begin, end) their values.
  void Set(int begin, int end);

  const WordSet& words_;
  const Catalog* catalog_ = nullptr;  // null: only the words are known
  Known known_;
  rules::Arena arena_;  // lists and maps of words; not `arena`, which evaluations use
  std::array<rules::Value, Slot::kCount> values_;
  int rfm_segment_ = kNoRfmSegment;
  std::vector<int> segments_;
  std::vector<uint8_t> in_basket_;  // by the offer's position; made when first asked
};

}  // namespace nbo

#endif  // NBO_CORE_DECISION_FACTS_H_
