// Remembers what the server has said about every receipt of an import, across broken streams.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

namespace nbo::v1 {
class RecordPurchasesResponse;
}

namespace nbo::ctl {

// What is known of one receipt.
enum class Fate : uint8_t {
  // Not answered, or answered with UNAVAILABLE: to be sent (again).
  kPending,
  kAccepted,
  kDuplicate,
  // Took the place of an earlier revision.
  kCorrected,
  // A revision below the one that counts: noted, changes nothing.
  kSuperseded,
  // Of a customer who was erased: dropped.
  kErased,
  kRejected,
};
inline constexpr int kFateCount = 7;

// Receipts are numbered from 0 in the order in which they are first sent.
// Thread-compatible.
class AckLedger {
 public:
  explicit AckLedger(size_t receipt_count) : fates_(receipt_count, Fate::kPending) {}

  // Starts a stream: the pending receipts in the order in which they must now be sent.
  const std::vector<uint32_t>& BeginStream();

  // Takes in one acknowledgement of the stream. INTERNAL: the server broke the protocol (acknowledged what was not
  // sent, or numbers that do not add up); nothing of the response was taken in.
  absl::Status Apply(const nbo::v1::RecordPurchasesResponse& response, size_t sent);

  // Messages of this stream that are answered.
  size_t acknowledged() const { return acknowledged_; }
  // Receipts answered for good, over all streams.
  size_t settled() const { return settled_; }
  size_t receipt_count() const { return fates_.size(); }
  bool done() const { return settled_ == fates_.size(); }

  Fate fate(size_t receipt) const { return fates_[receipt]; }
  // Receipts settled with this fate; what is kPending is not counted.
  int64_t count(Fate fate) const { return counts_[static_cast<size_t>(fate)]; }
  // Why a receipt was refused; for a pending one the UNAVAILABLE it was last refused with. Null if neither.
  const absl::Status* rejection(size_t receipt) const;

  // Gives up: receipts last refused with UNAVAILABLE become rejected. What stays pending was never answered.
  void Close();

 private:
  void Settle(uint32_t receipt, Fate fate);

  std::vector<Fate> fates_;
  std::vector<uint32_t> stream_;
  size_t acknowledged_ = 0;
  size_t settled_ = 0;
  std::array<int64_t, kFateCount> counts_ = {};
  absl::flat_hash_map<uint32_t, absl::Status> rejections_;
};

}  // namespace nbo::ctl
