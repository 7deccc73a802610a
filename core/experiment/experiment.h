// An experiment: variants of treatments or of the score formula, or a local control group, for some offers.
#ifndef NBO_CORE_EXPERIMENT_EXPERIMENT_H_
#define NBO_CORE_EXPERIMENT_EXPERIMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/experiment/bucketing.h"

namespace nbo {

// The number of a variant for those who take no part.
inline constexpr int kNoVariant = -1;

struct Variant {
  std::string id;
  double weight = 0;      // share of those who take part; all of an experiment add up to 1
  bool withheld = false;  // a local control group: the offers are not shown
};

// Of a variant in records: the low half of Hash64 of its id, so that reports need not know the catalogs of old.
uint32_t VariantKey(absl::string_view variant_id);

// Assigns by the GrowthBook hash, version 2, with the experiment's id as seed, and version 1 for the namespace, as
// GrowthBook does (bucketing.h). To draw everybody anew, give it another id. Larger coverage keeps all who take part
// in their variants; other weights, or the variants in another order, move people.
//
// Merges: the id that survives decides by its own hash.
//
// Immutable once its offers are set: any thread may ask.
class Experiment {
 public:
  // `coverage`: the share of people who take part, of those in the namespace; 0..1.
  Experiment(std::string id, std::vector<Variant> variants, double coverage, std::optional<BucketNamespace> space);

  // The variant's number, or kNoVariant: outside the namespace or the coverage. Two hashes at most.
  int Assign(absl::string_view customer_id) const;

  // By id; kNoVariant if there is none.
  int FindVariant(absl::string_view variant_id) const;

  const std::string& id() const { return id_; }
  uint64_t key() const { return key_; }  // Hash64 of the id
  const std::vector<Variant>& variants() const { return variants_; }
  double coverage() const { return coverage_; }
  const std::optional<BucketNamespace>& space() const { return space_; }

  // What it is about: positions in the catalog, ascending.
  const std::vector<int32_t>& offers() const { return offers_; }
  void set_offers(std::vector<int32_t> offers);

 private:
  std::string id_;
  uint64_t key_;
  std::vector<Variant> variants_;
  double coverage_;
  std::optional<BucketNamespace> space_;
  std::vector<BucketRange> ranges_;  // of variants_
  std::vector<int32_t> offers_;
};

// Whether nobody can be in both: they have ranges of one namespace that do not overlap.
bool ExcludeEachOther(const Experiment& a, const Experiment& b);

}  // namespace nbo

#endif  // NBO_CORE_EXPERIMENT_EXPERIMENT_H_
