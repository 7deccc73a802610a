// The write path's domain part: resolves, deduplicates, folds and stores a group of receipts.
#ifndef NBO_CORE_PROFILE_RECORDER_H_
#define NBO_CORE_PROFILE_RECORDER_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/profile/receipt.h"
#include "core/profile/store.h"

namespace nbo {

// What became of one receipt.
enum class RecordResult {
  kAccepted,    // new: counted
  kDuplicate,   // this revision with the same content is known; nothing changed
  kCorrected,   // a higher revision: it counts now instead of the one before
  kSuperseded,  // a revision below the one that counts; noted, counts for nothing
  kErased,      // the customer was erased; nothing is kept
  kElsewhere,   // to the pipeline only: the customer is another one by now; Resolve again
};

// Receipts of one partition must go through one Record call at a time: it reads, folds and writes without a lock. Any
// number of threads may record for different partitions. Nothing may change who is who (core/profile/registry.h) during
// a call.
class Recorder {
 public:
  // The store must outlive the recorder.
  explicit Recorder(ProfileStore* store) : store_(store) {}

  // Decides whom a receipt is for: sets customer_id from addressed_by and the time, or to the id that the sender's was
  // merged into. False if it belongs to a person who was erased.
  absl::StatusOr<bool> Resolve(Receipt* receipt) const;

  // Records valid, resolved receipts with one write. Answers in their order, each by itself: a RecordResult, durable as
  // the store promises unless it is kElsewhere, or
  //   ALREADY_EXISTS       the id is taken by other content of the same revision
  //   RESOURCE_EXHAUSTED   at a limit; says which
  //   UNAVAILABLE          nothing was counted, send it again: the store could not read or write
  //   DATA_LOSS            the customer's stored state or a stored receipt cannot be read
  std::vector<absl::StatusOr<RecordResult>> Record(absl::Span<const Receipt* const> receipts);

 private:
  ProfileStore* store_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECORDER_H_
