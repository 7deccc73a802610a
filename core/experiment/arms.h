// The arms of one customer for one decision.
#ifndef NBO_CORE_EXPERIMENT_ARMS_H_
#define NBO_CORE_EXPERIMENT_ARMS_H_

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/experiment/control.h"
#include "core/experiment/experiment.h"

namespace nbo {

// That a decision depended on an experiment in which the customer takes part. Written to disk.
struct ArmRecord {
  uint64_t experiment = 0;  // Experiment::key
  uint32_t variant = 0;     // VariantKey

  friend bool operator==(const ArmRecord& a, const ArmRecord& b) {
    return a.experiment == b.experiment && a.variant == b.variant;
  }
};

// Assigns when first asked: a hundred experiments cost nothing to a request whose candidates are in none of them. What
// was asked for is what the decision depended on, so ask for every candidate that reaches the gate of experiments, and
// only there: the gates before it do not depend on arms, hence everybody in an experiment is recorded by the same
// rule, whatever the variant. For one request and one thread; experiments and customer id must outlive it.
class Arms {
 public:
  // Of nobody in particular: no arm, no variants.
  Arms() = default;
  // `control`: null if there is no global control group. `experiments` are named by their position.
  Arms(const GlobalControl* control, absl::Span<const Experiment> experiments, absl::string_view customer_id,
       absl::Time now);

  const GlobalAssignment& global() const { return global_; }
  bool in_control() const { return global_.arm == GlobalArm::kControl; }

  // The customer's variant in an experiment, or kNoVariant.
  int VariantOf(int experiment);

  // The first of an offer's experiments that withholds it from the customer; -1: none does. Asks for all of them, so
  // that the record does not depend on their order.
  int Withholding(absl::Span<const uint16_t> experiments);

  // Those of the experiments asked for in which the customer takes part, in the order of the catalog.
  std::vector<ArmRecord> Records() const;

 private:
  GlobalAssignment global_;
  absl::Span<const Experiment> experiments_;
  absl::string_view customer_id_;
  absl::InlinedVector<int8_t, 64> variants_;  // by experiment
};

}  // namespace nbo

#endif  // NBO_CORE_EXPERIMENT_ARMS_H_
