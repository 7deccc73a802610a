// Answers GetOffers within its deadline, whatever the disk does: full, else cached, else default.
#ifndef NBO_SERVER_DECISION_OFFER_DESK_H_
#define NBO_SERVER_DECISION_OFFER_DESK_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/decision/disk_reads.h"
#include "server/handlers/decision_handler.h"
#include "server/ops/metrics.h"

namespace nbo::server {

struct DeskOptions {
  absl::Duration max_wait = absl::Milliseconds(50);  // for the disk, however late the caller's deadline; zero: no bound
  int reader_threads = 4;
  size_t max_waiting = 256;     // calls that wait for the disk; others are answered without it at once
  size_t max_in_flight = 2000;  // calls begun and not answered; others are refused
};

// Knows no transport. Thread-safe; handler and metrics must outlive it.
//
// The common case, where what is needed lies in memory, is TryNow alone: synchronous, on the caller's thread. A call:
//
//   if (!desk.Enter()) refuse;
//   if (auto status = desk.TryNow(request, response)) { answer; }   // else
//   else waiting = desk.Wait(request, deadline, [](status, response) { answer; });
//   desk.Leave();   // when it is answered
class OfferDesk {
 public:
  class Waiting;
  // OK and the answer, INVALID_ARGUMENT, or CANCELLED. The response is the desk's, until it returns.
  using Done = std::function<void(const absl::Status& status, const v1::GetOffersResponse& response)>;

  OfferDesk(const DeskOptions& options, const DecisionHandler* handler, Metrics* metrics);

  // Counts a call in. False: too many are under way; answer RESOURCE_EXHAUSTED, and do not Leave.
  [[nodiscard]] bool Enter();
  void Leave() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
  // When those that were refused may come again: who waits now will have been answered by then.
  absl::Duration retry_delay() const { return retry_delay_; }

  // Never waits for a disk. Fills *response and returns the status; nullopt: the disk must be asked, *response is
  // untouched.
  std::optional<absl::Status> TryNow(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const;

  // As TryNow, but reserves nothing and writes nothing down: what would be answered now.
  std::optional<absl::Status> Preview(const v1::GetOffersRequest& request, v1::GetOffersResponse* response) const;

  // INVALID_ARGUMENT: what TryNow would say of the request, as far as that can be said without knowing the person.
  absl::Status Check(const v1::GetOffersRequest& request) const { return handler_->Check(request).status(); }

  // Asks the disk and calls `done` once, from any thread, perhaps before it returns, at the latest shortly before
  // `deadline` (of the caller; InfiniteFuture if it has none) and within max_wait of `start`. Then the answer is made
  // of what lies in memory, and marked. The result is for Cancel.
  std::shared_ptr<Waiting> Wait(const v1::GetOffersRequest& request, absl::Time start, absl::Time deadline, Done done);

  // The caller is gone: `done` is called with CANCELLED unless it was called before.
  void Cancel(const std::shared_ptr<Waiting>& waiting);

  // See DiskReads::Drain.
  void Drain(absl::Time latest) { reads_.Drain(latest); }

  struct Figures {
    size_t in_flight = 0;
    DiskReads::Figures reads;
  };
  Figures GetFigures() const { return {in_flight_.load(std::memory_order_relaxed), reads_.GetFigures()}; }

 private:
  std::optional<absl::Status> Try(const v1::GetOffersRequest& request, const OfferQuestion& question,
                                  v1::GetOffersResponse* response) const;
  absl::Status AnswerFromMemory(const v1::GetOffersRequest& request, const OfferQuestion& question,
                                v1::TierReason reason, v1::GetOffersResponse* response) const;

  const DeskOptions options_;
  const absl::Duration retry_delay_;
  const DecisionHandler* const handler_;
  Metrics* const metrics_;
  std::atomic<size_t> in_flight_{0};
  DiskReads reads_;  // last: its threads use the others
};

}  // namespace nbo::server

#endif  // NBO_SERVER_DECISION_OFFER_DESK_H_
