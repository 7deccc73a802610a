// Which offers are for something in a basket: asked for hundreds of offers in a request, found out once for all.
#ifndef NBO_CORE_CATALOG_BASKET_INDEX_H_
#define NBO_CORE_CATALOG_BASKET_INDEX_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/decision/request.h"

namespace nbo {

struct Offer;

// Built offer by offer, in their order in the catalog; immutable once finished.
class BasketIndex {
 public:
  void Add(const Offer& offer);
  void Finish();

  // A byte for each offer: 1 if the basket holds a product or a category of the offer, as BasketKeys::Holds says.
  std::vector<uint8_t> Find(const OfferRequest& request) const;

 private:
  void MarkUnder(uint64_t key, std::vector<uint8_t>* marks) const;

  int32_t offers_ = 0;
  std::vector<std::pair<uint64_t, int32_t>> pairs_;                    // key and offer, until Finish
  std::vector<int32_t> lists_;                                         // offers by key
  absl::flat_hash_map<uint64_t, std::pair<int32_t, int32_t>> ranges_;  // of lists_
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_BASKET_INDEX_H_
