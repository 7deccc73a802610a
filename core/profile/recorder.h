// The write path's domain part: deduplicates, folds and stores a group of events.
#ifndef NBO_CORE_PROFILE_RECORDER_H_
#define NBO_CORE_PROFILE_RECORDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/profile/store.h"

namespace nbo {

// What became of one receipt.
enum class RecordResult { kAccepted, kDuplicate };

// Events of one partition must go through one Recorder call at a time: Record reads, folds and writes without a lock.
// Any number of threads may record for different partitions.
class Recorder {
 public:
  // The store must outlive the recorder.
  explicit Recorder(ProfileStore* store) : store_(store) {}

  // Records valid receipts (ValidateReceipt) with one write. Answers in their order, each by itself:
  //   kAccepted            counted, and durable as the store promises
  //   kDuplicate           already counted with the same content (in the store or earlier in the group)
  //   ALREADY_EXISTS       the id is taken by a receipt of other content
  //   RESOURCE_EXHAUSTED   at a limit; says which
  //   UNAVAILABLE          nothing was counted, send it again: the store could not read or write, or the customer id is
  //                        derived from an identity that has been linked since it was resolved
  //   DATA_LOSS            the customer's stored state or the stored receipt cannot be read
  std::vector<absl::StatusOr<RecordResult>> Record(absl::Span<const Receipt* const> receipts);

  // Records a valid link and returns the one that holds afterwards. FAILED_PRECONDITION if the identity has receipts
  // of its own (its derived customer id has a state). Belongs to the partition of the derived customer id.
  absl::StatusOr<IdentityLink> Link(const IdentityLink& link);

 private:
  ProfileStore* store_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_RECORDER_H_
