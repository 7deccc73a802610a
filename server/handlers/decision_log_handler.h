// Reads the decision log, and computes decisions again.
#ifndef NBO_SERVER_HANDLERS_DECISION_LOG_HANDLER_H_
#define NBO_SERVER_HANDLERS_DECISION_LOG_HANDLER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/ledger/ports.h"
#include "core/profile/state.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "server/catalog/library.h"

namespace nbo::server {

// Knows no transport. Thread-safe; all pointers must outlive it. Every method may read files and take its time.
class DecisionLogHandler {
 public:
  // Of the bytes that a record in full holds. DATA_LOSS.
  using DecodeState = std::function<absl::Status(absl::string_view bytes, CustomerState* state)>;

  // How much of the log one call looks at (DecisionLog::Range): others wait meanwhile. Promised in the .proto.
  static constexpr uint64_t kMaxBytes = 16 << 20;

  DecisionLogHandler(const DecisionLog* log, const CatalogLibrary* library, double minor_per_major,
                     DecodeState decode_state, uint64_t max_bytes = kMaxBytes)
      : log_(log),
        library_(library),
        minor_per_major_(minor_per_major),
        decode_state_(std::move(decode_state)),
        max_bytes_(max_bytes) {}

  absl::Status ListEntries(const v1::ListEntriesRequest& request, v1::ListEntriesResponse* response) const;
  absl::Status GetDecision(const v1::GetDecisionRequest& request, v1::GetDecisionResponse* response) const;
  absl::Status ReplayDecision(const v1::ReplayDecisionRequest& request, v1::ReplayDecisionResponse* response) const;

 private:
  absl::StatusOr<DecisionRecord> Find(const std::string& decision_id) const;

  const DecisionLog* const log_;
  const CatalogLibrary* const library_;
  const double minor_per_major_;
  const DecodeState decode_state_;
  const uint64_t max_bytes_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_HANDLERS_DECISION_LOG_HANDLER_H_
