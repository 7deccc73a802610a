// Computes a recorded decision again, from nothing but what was recorded and its catalog.
#ifndef NBO_SERVER_DECISION_REPLAY_H_
#define NBO_SERVER_DECISION_REPLAY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/catalog/catalog.h"
#include "core/decision/record.h"
#include "core/profile/state.h"

namespace nbo::server {

// What the record's inputs give. It must have some. `catalog`: of its version; `minor_per_major`: as it was then.
// DATA_LOSS: the inputs cannot be read.
absl::StatusOr<DecisionRecord> Replay(
    const DecisionRecord& recorded, const std::shared_ptr<const Catalog>& catalog, double minor_per_major,
    const std::function<absl::Status(absl::string_view, CustomerState*)>& decode_state);

// For people: what two records of one decision do not have in common; scores are compared to the last bit. What does
// not follow from the inputs (durations, budget moves) is not compared.
std::vector<std::string> Differences(const DecisionRecord& recorded, const DecisionRecord& computed,
                                     const Catalog& catalog);

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_REPLAY_H_
