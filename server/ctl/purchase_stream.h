// Sends many receipts over EventService.RecordPurchases until each is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/ctl/ack_ledger.h"

namespace nbo::v1 {
class Purchase;
}

namespace nbo::ctl {

class ApiClient;

struct StreamOptions {
  // Receipts sent but not yet acknowledged, at most.
  size_t max_in_flight = 8192;
  // Streams in a row after which no receipt more is settled: then give up. At least 1.
  int max_barren_streams = 8;
  // Pause after a barren stream; doubles up to the maximum.
  absl::Duration first_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(5);
  // A stream on which nothing is acknowledged for so long counts as broken.
  absl::Duration stall_timeout = absl::Seconds(60);
  // How long the server may take to state how a stream ended after its last answer.
  absl::Duration finish_timeout = absl::Seconds(5);
  // Pause between two calls of `on_progress`.
  absl::Duration progress_interval = absl::Milliseconds(100);

  std::function<absl::Time()> now;
  std::function<void(absl::Duration)> sleep;
  // Told how many receipts are settled; called from the calling thread. May be empty.
  std::function<void(size_t settled)> on_progress;
  // Told in one sentence about a broken stream and what is done about it; called from the calling thread. May be empty.
  std::function<void(const std::string& notice)> on_notice;
};

struct StreamResult {
  // OK: every receipt is settled. Otherwise why it was given up; the ledger's pending receipts were never answered.
  absl::Status status;
  // Streams opened after the first.
  int64_t reopened_streams = 0;
  // Receipts sent again although an earlier stream may have recorded them without saying so: a server that had done
  // so answers DUPLICATE.
  int64_t resent_receipts = 0;
};

// Fills the message with receipt `index` of the ledger. Called from a thread of its own, one call at a time.
using PurchaseSource = std::function<void(size_t index, nbo::v1::Purchase* purchase)>;

// Sends all pending receipts of `ledger` in order, many in flight. Receipts refused with UNAVAILABLE and, after a
// broken stream, those not acknowledged are sent again on a new stream, a bounded number of times. Closes the ledger.
// Blocks; uses two threads besides the caller's.
StreamResult SendPurchases(ApiClient& client, const PurchaseSource& source, const StreamOptions& options,
                           AckLedger* ledger);

}  // namespace nbo::ctl
