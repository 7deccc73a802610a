// What was learned of propensities to stored bytes and back.
#ifndef NBO_STORAGE_LEARNED_CODEC_H_
#define NBO_STORAGE_LEARNED_CODEC_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/propensity/learner.h"

namespace nbo::storage {

// In parts, as millions of open trials are too much for one value.
struct EncodedLearned {
  std::string head;
  std::vector<std::string> parts;
};

// Deterministic. A trial takes about 20 bytes.
EncodedLearned EncodeLearned(const LearnedState& state, size_t trials_per_part = 100'000);
// How many parts belong to a head. DATA_LOSS if it is none.
absl::StatusOr<size_t> PartsOfLearned(absl::string_view head);
// DATA_LOSS if they are no such state.
absl::StatusOr<LearnedState> DecodeLearned(const EncodedLearned& encoded);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_LEARNED_CODEC_H_
