#include "core/experiment/arms.h"

#include "core/base/limits.h"

namespace nbo {
namespace {

constexpr int8_t kNotAsked = -2;
static_assert(kMaxVariantsPerExperiment <= INT8_MAX, "the number of a variant is kept in a byte");

}  // namespace

Arms::Arms(const GlobalControl* control, absl::Span<const Experiment> experiments, absl::string_view customer_id,
           absl::Time now)
    : experiments_(experiments), customer_id_(customer_id), variants_(experiments.size(), kNotAsked) {
  if (control != nullptr) global_ = control->ArmOf(customer_id, now);
}

int Arms::VariantOf(int experiment) {
  if (variants_.empty()) return kNoVariant;  // nobody in particular
  int8_t& variant = variants_[static_cast<size_t>(experiment)];
  if (variant == kNotAsked) {
    variant = static_cast<int8_t>(experiments_[static_cast<size_t>(experiment)].Assign(customer_id_));
  }
  return variant;
}

int Arms::Withholding(absl::Span<const uint16_t> experiments) {
  int withholding = -1;
  for (const uint16_t experiment : experiments) {
    const int variant = VariantOf(experiment);
    if (variant == kNoVariant || withholding >= 0) continue;
    if (experiments_[experiment].variants()[static_cast<size_t>(variant)].withheld) withholding = experiment;
  }
  return withholding;
}

std::vector<ArmRecord> Arms::Records() const {
  std::vector<ArmRecord> records;
  for (size_t i = 0; i < variants_.size(); ++i) {
    if (variants_[i] < 0) continue;
    const Variant& variant = experiments_[i].variants()[static_cast<size_t>(variants_[i])];
    records.push_back({experiments_[i].key(), VariantKey(variant.id)});
  }
  return records;
}

}  // namespace nbo
