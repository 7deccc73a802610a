// Counts of outcomes to stored bytes and back.
#ifndef NBO_STORAGE_COUNTS_CODEC_H_
#define NBO_STORAGE_COUNTS_CODEC_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/propensity/counts.h"

namespace nbo::storage {

// `rows` as OutcomeCounts::Rows gives them, or a part of these. Deterministic. A row takes about 5 bytes.
std::string EncodeCounts(absl::Span<const OutcomeRow> rows);
// In the same order. DATA_LOSS if the bytes are no counts.
absl::StatusOr<std::vector<OutcomeRow>> DecodeCounts(absl::string_view bytes);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_COUNTS_CODEC_H_
