// Follows checkouts: keeps the basket of each, decides anew when it changes, and tells those who listen what to offer
// when that is something else than before.
#ifndef NBO_SERVER_CHECKOUT_CHECKOUT_DESK_H_
#define NBO_SERVER_CHECKOUT_CHECKOUT_DESK_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "nbo/v1/decision_service.pb.h"
#include "server/decision/offer_desk.h"
#include "server/handlers/event_handler.h"
#include "server/ops/metrics.h"

namespace nbo::server {

struct CheckoutOptions {
  size_t max_open = 1000;
  size_t max_listeners = 4;                          // of one checkout; one more, and the first is let go
  absl::Duration min_gap = absl::Milliseconds(250);  // between two decisions of one checkout
  absl::Duration look_again = absl::Seconds(5);      // whether the same is still to be offered, if nothing is heard
  absl::Duration max_silence = absl::Minutes(30);    // then a checkout is forgotten
};

// Who is told. Called under the desk's lock, in order, from any thread: it must not call the desk, nor wait.
class CheckoutListener {
 public:
  virtual ~CheckoutListener() = default;
  virtual void OnOffers(const v1::GetOffersResponse& offers) = 0;
  // The last call, one of the two: the checkout is over; or the listener is let go while it may still be open.
  virtual void OnClosed(const v1::CheckoutClosed& closed) = 0;
  virtual void OnEnd(const absl::Status& status) = 0;
};

// Knows no transport. Thread-safe, and never waits for a disk. All pointers must outlive it; it must outlive the calls
// of `offers` and `events` that are under way.
//
// A decision reserves what it answers in place of the one before it at the same terminal. So when the basket changes,
// it is first looked at what would be answered; only if that is something else it is decided, recorded and sent. What
// is on the screen is thereby what is reserved, and its tokens are those of the decision that reserved it. It is looked
// again every few seconds, so that what was stopped, spent or is over leaves the screens.
class CheckoutDesk {
 public:
  CheckoutDesk(const CheckoutOptions& options, OfferDesk* offers, const EventHandler* events, const Clock* clock,
               Metrics* metrics);
  // Drain.
  ~CheckoutDesk();
  CheckoutDesk(const CheckoutDesk&) = delete;

  // Must not call the desk.
  using Opened = std::function<void(const absl::Status& status, const v1::GetOffersResponse& offers)>;
  // Begins a checkout or takes it up again; then whoever owned it is let go with ABORTED. `owner` may be null.
  // `opened`, if not null, is called once with what to offer, or why not; then the owner is not told. INVALID_ARGUMENT
  // names the field; RESOURCE_EXHAUSTED: too many are open; UNAVAILABLE: draining.
  void Open(const v1::OpenCheckout& open, std::shared_ptr<CheckoutListener> owner, Opened opened);

  // Tells one more, beginning with what is offered now. NOT_FOUND: there is no such checkout.
  absl::Status Listen(absl::string_view checkout_id, std::shared_ptr<CheckoutListener> listener);
  // Tells it nothing any more. The checkout stays.
  void Leave(absl::string_view checkout_id, const CheckoutListener* listener);

  // NOT_FOUND; INVALID_ARGUMENT names the field; FAILED_PRECONDITION: another customer, while the receipt of the one
  // before is being recorded. Then nothing changed.
  absl::Status Update(absl::string_view checkout_id, const v1::UpdateCheckout& update);

  using Closed = std::function<void(const absl::Status& status, const v1::CheckoutClosed& closed)>;
  // Records the receipt and forgets the checkout, unless it was opened anew meanwhile. A checkout that is not open is
  // closed all the same if the receipt names its customer, or if there is none. Errors are those of
  // EventHandler::RecordPurchase; then the checkout stays. `closed` is called once, now or from a writer thread.
  void Close(absl::string_view checkout_id, const v1::CloseCheckout& close, Closed closed);

  // Lets all listeners go with UNAVAILABLE, and opens nothing more. Afterwards nothing is asked of `offers`.
  void Drain();

  size_t open_count() const;

 private:
  struct Checkout;
  using CheckoutPtr = std::shared_ptr<Checkout>;

  CheckoutPtr FindLocked(absl::string_view checkout_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckOpen(const v1::OpenCheckout& open) const;
  // The checkout under this id, perhaps a new one.
  absl::StatusOr<CheckoutPtr> TakeUp(const std::string& checkout_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(const CheckoutPtr& checkout, const std::function<void(CheckoutListener*)>& tell)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has it decided soon, but not before `earliest`.
  void Schedule(const CheckoutPtr& checkout, absl::Time earliest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();
  void ForgetSilent(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Looks what to offer now, and decides if that is something new. On the desk's thread.
  void Decide(const CheckoutPtr& checkout);
  void DecideAnew(const CheckoutPtr& checkout, const v1::GetOffersRequest& request, absl::Time start);
  // What Decide came to. `is_new`: it was recorded.
  void Decided(const CheckoutPtr& checkout, const absl::Status& status, const v1::GetOffersResponse& response,
               bool is_new);

  const CheckoutOptions options_;
  OfferDesk* const offers_;
  const EventHandler* const events_;
  const Clock* const clock_;
  Metrics* const metrics_;
  mutable absl::Mutex mutex_;
  absl::CondVar wake_;
  absl::flat_hash_map<std::string, CheckoutPtr> open_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, CheckoutPtr>> due_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: begins when everything else is there
};

}  // namespace nbo::server

#endif  // NBO_SERVER_CHECKOUT_CHECKOUT_DESK_H_
