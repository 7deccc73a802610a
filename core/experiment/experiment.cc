#include "core/experiment/experiment.h"

#include <utility>

#include "core/base/hash.h"

namespace nbo {
namespace {

std::vector<BucketRange> RangesOf(const std::vector<Variant>& variants, double coverage) {
  std::vector<double> weights;
  for (const Variant& variant : variants) weights.push_back(variant.weight);
  return BucketRanges(static_cast<int>(variants.size()), coverage, weights);
}

}  // namespace

uint32_t VariantKey(absl::string_view variant_id) { return static_cast<uint32_t>(Hash64(variant_id)); }

Experiment::Experiment(std::string id, std::vector<Variant> variants, double coverage,
                       std::optional<BucketNamespace> space)
    : id_(std::move(id)),
      key_(Hash64(id_)),
      variants_(std::move(variants)),
      coverage_(coverage),
      space_(std::move(space)),
      ranges_(RangesOf(variants_, coverage)) {}

int Experiment::Assign(absl::string_view customer_id) const {
  if (space_ && !IsIn(*space_, customer_id)) return kNoVariant;
  return ChooseVariation(BucketOf(id_, customer_id), ranges_);
}

int Experiment::FindVariant(absl::string_view variant_id) const {
  for (size_t i = 0; i < variants_.size(); ++i) {
    if (variants_[i].id == variant_id) return static_cast<int>(i);
  }
  return kNoVariant;
}

void Experiment::set_offers(std::vector<int32_t> offers) { offers_ = std::move(offers); }

bool ExcludeEachOther(const Experiment& a, const Experiment& b) {
  if (!a.space() || !b.space() || a.space()->id != b.space()->id) return false;
  const BucketRange &x = a.space()->range, &y = b.space()->range;
  return x.end <= y.begin || y.end <= x.begin;
}

}  // namespace nbo
