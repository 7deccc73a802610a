#include "server/checkout/checkout_desk.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

constexpr size_t kMaxCheckoutIdBytes = 64;
constexpr int kSweepsOfASilence = 30;

absl::Status NoSuchCheckout() {
  return absl::NotFoundError("checkout_id: no such checkout is open; open it with all lines so far");
}

absl::Status CheckCheckoutId(absl::string_view id) {
  const bool good = !id.empty() && id.size() <= kMaxCheckoutIdBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError("checkout_id: must be 1 to 64 letters, digits, '-', '_' or '.'");
}

// Whether a person would see the same.
bool LooksTheSame(const v1::RankedOffer& a, const v1::RankedOffer& b) {
  return a.offer_id() == b.offer_id() && a.placement() == b.placement() && a.reason() == b.reason() &&
         a.treatment().SerializeAsString() == b.treatment().SerializeAsString() &&
         a.coupon().SerializeAsString() == b.coupon().SerializeAsString();
}

bool LooksTheSame(const v1::GetOffersResponse& a, const v1::GetOffersResponse& b) {
  return a.tier() == b.tier() && a.customer_id() == b.customer_id() &&
         std::equal(a.offers().begin(), a.offers().end(), b.offers().begin(), b.offers().end(),
                    [](const v1::RankedOffer& x, const v1::RankedOffer& y) { return LooksTheSame(x, y); });
}

// Who asks, and where: if that changes, what was decided before is another person's.
std::string Circumstances(v1::GetOffersRequest request) {
  request.clear_basket_lines();
  request.clear_attributes();  // their order in bytes is not certain; they are of the moment anyway
  return request.SerializeAsString();
}

}  // namespace

struct CheckoutDesk::Checkout {
  std::string id;
  v1::GetOffersRequest request;                       // with all lines so far
  uint64_t changes = 0;                               // of the request
  uint64_t persons = 0;                               // of who asks, and where
  uint64_t opens = 0;                                 // how often it was opened
  int closing = 0;                                    // receipts that are being recorded for its customer
  uint64_t decided_changes = 0, decided_persons = 0;  // that the decision under way, or the last one, knows of
  bool scheduled = false;
  bool deciding = false;
  absl::Time due;  // if scheduled
  absl::Time last_decision = absl::InfinitePast();
  absl::Time heard;  // of whoever has it open
  std::optional<v1::GetOffersResponse> sent;
  bool send_anyway = false;  // also if it is the same
  std::shared_ptr<CheckoutListener> owner;
  std::vector<std::shared_ptr<CheckoutListener>> listeners;  // the owner among them
  std::vector<Opened> opening;                               // to be told what to offer first

  // It is another person's, and the next one is decided at once.
  void ForgetAnswer() {
    ++persons;
    sent.reset();
    last_decision = absl::InfinitePast();
  }
};

CheckoutDesk::CheckoutDesk(const CheckoutOptions& options, OfferDesk* offers, const EventHandler* events,
                           const Clock* clock, Metrics* metrics)
    : options_(options), offers_(offers), events_(events), clock_(clock), metrics_(metrics), thread_([this] {
        Run();
      }) {}

CheckoutDesk::~CheckoutDesk() { Drain(); }

absl::Status CheckoutDesk::CheckOpen(const v1::OpenCheckout& open) const {
  if (absl::Status s = CheckCheckoutId(open.checkout_id()); !s.ok()) return s;
  const v1::GetOffersRequest& request = open.request();
  const char* const misplaced = !request.request_id().empty()        ? "request_id"
                                : request.has_as_of()                ? "as_of"
                                : request.explain()                  ? "explain"
                                : request.record_in_full()           ? "record_in_full"
                                : request.neutral_factors_size() > 0 ? "neutral_factors"
                                                                     : nullptr;
  if (misplaced != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("request.", misplaced, ": not in a checkout; leave it out"));
  }
  return offers_->Check(request);
}

absl::StatusOr<CheckoutDesk::CheckoutPtr> CheckoutDesk::TakeUp(const std::string& checkout_id) {
  if (draining_) return absl::UnavailableError("the server is shutting down; open the checkout again in a moment");
  if (const CheckoutPtr known = FindLocked(checkout_id); known != nullptr) {
    // Who had it open by a stream is told that it is so no longer.
    if (known->owner != nullptr) {
      known->owner->OnEnd(absl::AbortedError("the checkout was opened again by somebody else"));
      known->listeners.erase(std::remove(known->listeners.begin(), known->listeners.end(), known->owner),
                             known->listeners.end());
      known->owner = nullptr;
    }
    return known;
  }
  if (open_.size() >= options_.max_open) {
    return absl::ResourceExhaustedError("too many checkouts are open (checkout.max_open); ask with GetOffers instead");
  }
  auto checkout = std::make_shared<Checkout>();
  checkout->id = checkout_id;
  open_.emplace(checkout_id, checkout);
  return checkout;
}

void CheckoutDesk::Open(const v1::OpenCheckout& open, std::shared_ptr<CheckoutListener> owner, Opened opened) {
  absl::Status status = CheckOpen(open);
  if (status.ok()) {
    absl::MutexLock lock(&mutex_);
    const absl::StatusOr<CheckoutPtr> taken = TakeUp(open.checkout_id());
    status = taken.status();
    if (taken.ok()) {
      Checkout& checkout = **taken;
      v1::GetOffersRequest request = open.request();
      // What is offered takes the place of what was offered before at the same terminal.
      if (request.terminal_id().empty()) request.set_terminal_id(open.checkout_id());
      if (Circumstances(request) != Circumstances(checkout.request)) checkout.ForgetAnswer();
      checkout.request = std::move(request);
      ++checkout.changes;
      ++checkout.opens;
      checkout.send_anyway = true;
      checkout.heard = clock_->Now();
      checkout.last_decision = absl::InfinitePast();  // somebody waits for the first answer
      if (owner != nullptr) checkout.listeners.push_back(owner);
      checkout.owner = std::move(owner);
      if (opened != nullptr) checkout.opening.push_back(std::move(opened));
      return Schedule(*taken, absl::InfinitePast());
    }
  }
  if (opened != nullptr) return opened(status, {});
  if (owner != nullptr) owner->OnEnd(status);
}

CheckoutDesk::CheckoutPtr CheckoutDesk::FindLocked(absl::string_view checkout_id) const {
  const auto found = open_.find(checkout_id);
  return found == open_.end() ? nullptr : found->second;
}

absl::Status CheckoutDesk::Listen(absl::string_view checkout_id, std::shared_ptr<CheckoutListener> listener) {
  absl::MutexLock lock(&mutex_);
  const CheckoutPtr checkout = FindLocked(checkout_id);
  if (checkout == nullptr) return NoSuchCheckout();
  checkout->heard = clock_->Now();
  if (checkout->sent.has_value()) listener->OnOffers(*checkout->sent);
  checkout->listeners.push_back(std::move(listener));
  if (checkout->listeners.size() > options_.max_listeners) {
    const auto first =
        checkout->listeners.front() == checkout->owner ? checkout->listeners.begin() + 1 : checkout->listeners.begin();
    (*first)->OnEnd(absl::AbortedError("too many listen to this checkout"));
    checkout->listeners.erase(first);
  }
  return absl::OkStatus();
}

void CheckoutDesk::Leave(absl::string_view checkout_id, const CheckoutListener* listener) {
  absl::MutexLock lock(&mutex_);
  const CheckoutPtr checkout = FindLocked(checkout_id);
  if (checkout == nullptr) return;
  if (checkout->owner.get() == listener) checkout->owner = nullptr;
  const auto is_it = [listener](const std::shared_ptr<CheckoutListener>& other) { return other.get() == listener; };
  checkout->listeners.erase(std::remove_if(checkout->listeners.begin(), checkout->listeners.end(), is_it),
                            checkout->listeners.end());
}

absl::Status CheckoutDesk::Update(absl::string_view checkout_id, const v1::UpdateCheckout& update) {
  absl::MutexLock lock(&mutex_);
  const CheckoutPtr checkout = FindLocked(checkout_id);
  if (checkout == nullptr) return NoSuchCheckout();
  v1::GetOffersRequest request = checkout->request;
  *request.mutable_basket_lines() = update.basket_lines();
  if (update.has_customer()) *request.mutable_customer() = update.customer();
  if (absl::Status s = offers_->Check(request); !s.ok()) return s;
  if (Circumstances(request) != Circumstances(checkout->request)) {
    // A receipt that is sent again must not be another person's then.
    if (checkout->closing > 0) {
      return absl::FailedPreconditionError("customer: the checkout is being closed for another one; open a new one");
    }
    checkout->ForgetAnswer();
  }
  checkout->request = std::move(request);
  ++checkout->changes;
  checkout->heard = clock_->Now();
  Schedule(checkout, absl::InfinitePast());
  return absl::OkStatus();
}

void CheckoutDesk::Close(absl::string_view checkout_id, const v1::CloseCheckout& close, Closed closed) {
  CheckoutPtr checkout;
  uint64_t opens = 0;
  v1::RecordPurchaseRequest record;
  {
    absl::MutexLock lock(&mutex_);
    checkout = FindLocked(checkout_id);
    if (!close.has_purchase() && checkout != nullptr) {
      Forget(checkout, [](CheckoutListener* listener) { listener->OnClosed({}); });
    }
    if (close.has_purchase()) *record.mutable_purchase() = close.purchase();
    const bool is_named = record.purchase().has_customer();
    if (close.has_purchase() && !is_named && checkout != nullptr && checkout->request.has_customer()) {
      *record.mutable_purchase()->mutable_customer() = checkout->request.customer();
    }
    if (close.has_purchase() && checkout != nullptr) {
      opens = checkout->opens;
      ++checkout->closing;
    }
  }
  if (!close.has_purchase()) return closed(absl::OkStatus(), {});
  if (!record.purchase().has_customer() && checkout == nullptr) return closed(NoSuchCheckout(), {});
  events_->RecordPurchase(record, [this, checkout, opens, closed = std::move(closed)](
                                      const absl::Status& status, const v1::RecordPurchaseResponse& response) {
    v1::CheckoutClosed told;
    told.set_result(response.result());
    told.set_customer_id(response.customer_id());
    if (checkout != nullptr) {
      absl::MutexLock lock(&mutex_);
      --checkout->closing;
      // Opened anew meanwhile it is another sale.
      if (status.ok() && checkout->opens == opens) {
        Forget(checkout, [&told](CheckoutListener* listener) { listener->OnClosed(told); });
      }
    }
    closed(status, told);
  });
}

// Not what was opened anew under the same id meanwhile.
void CheckoutDesk::Forget(const CheckoutPtr& checkout, const std::function<void(CheckoutListener*)>& tell) {
  const auto found = open_.find(checkout->id);
  if (found == open_.end() || found->second != checkout) return;
  for (const auto& listener : checkout->listeners) tell(listener.get());
  checkout->listeners.clear();
  checkout->owner = nullptr;
  for (const Opened& opened : checkout->opening) {
    opened(absl::AbortedError("the checkout ended before there was an answer; open it again"), {});
  }
  checkout->opening.clear();
  if (checkout->scheduled) due_.erase({checkout->due, checkout});
  checkout->scheduled = false;
  open_.erase(found);
}

void CheckoutDesk::Schedule(const CheckoutPtr& checkout, absl::Time earliest) {
  if (checkout->deciding) return;  // whoever decides sees that more has changed
  const absl::Time due = std::max({clock_->Now(), checkout->last_decision + options_.min_gap, earliest});
  if (checkout->scheduled) {
    if (checkout->due <= due) return;
    due_.erase({checkout->due, checkout});
  }
  checkout->scheduled = true;
  checkout->due = due;
  due_.emplace(due, checkout);
  wake_.Signal();
}

void CheckoutDesk::Run() {
  mutex_.Lock();
  while (!draining_) {
    const absl::Time now = clock_->Now();
    if (now >= next_sweep_) ForgetSilent(now);
    const absl::Time next = due_.empty() ? next_sweep_ : std::min(next_sweep_, due_.begin()->first);
    if (next > now) {
      wake_.WaitWithTimeout(&mutex_, next - now);
      continue;
    }
    const CheckoutPtr checkout = due_.begin()->second;
    due_.erase(due_.begin());
    checkout->scheduled = false;
    checkout->deciding = true;
    checkout->last_decision = now;
    mutex_.Unlock();
    Decide(checkout);
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void CheckoutDesk::ForgetSilent(absl::Time now) {
  next_sweep_ = now + options_.max_silence / kSweepsOfASilence;
  std::vector<CheckoutPtr> silent;
  for (const auto& [id, checkout] : open_) {
    if (checkout->heard + options_.max_silence <= now && !checkout->deciding) silent.push_back(checkout);
  }
  const absl::Status status = absl::DeadlineExceededError("nothing was heard of the checkout for long; open it again");
  for (const CheckoutPtr& checkout : silent) {
    Forget(checkout, [&status](CheckoutListener* listener) { listener->OnEnd(status); });
  }
}

void CheckoutDesk::Decide(const CheckoutPtr& checkout) {
  const absl::Time start = clock_->Now();
  v1::GetOffersRequest request;
  std::optional<v1::GetOffersResponse> sent;
  {
    absl::MutexLock lock(&mutex_);
    request = checkout->request;
    sent = checkout->sent;
    checkout->decided_changes = checkout->changes;
    checkout->decided_persons = checkout->persons;
  }
  if (!offers_->Enter()) {
    return Decided(checkout, absl::ResourceExhaustedError("too many calls for offers are under way; try again later"),
                   {}, false);
  }
  if (sent.has_value()) {
    v1::GetOffersResponse preview;
    const std::optional<absl::Status> looked = offers_->Preview(request, &preview);
    if (looked.has_value() && looked->ok() && LooksTheSame(preview, *sent)) {
      offers_->Leave();
      return Decided(checkout, absl::OkStatus(), *sent, false);
    }
  }
  DecideAnew(checkout, request, start);
}

void CheckoutDesk::DecideAnew(const CheckoutPtr& checkout, const v1::GetOffersRequest& request, absl::Time start) {
  const auto end = [this, checkout](const absl::Status& status, const v1::GetOffersResponse& response) {
    offers_->Leave();
    if (status.ok()) metrics_->CountAnswer(response.tier(), response.tier_reason(), response.offers_size());
    Decided(checkout, status, response, true);
  };
  v1::GetOffersResponse response;
  const std::optional<absl::Status> status = offers_->TryNow(request, &response);
  if (status.has_value()) return end(*status, response);
  offers_->Wait(request, start, absl::InfiniteFuture(), end);
}

void CheckoutDesk::Decided(const CheckoutPtr& checkout, const absl::Status& status,
                           const v1::GetOffersResponse& response, bool is_new) {
  std::vector<Opened> opening;
  {
    absl::MutexLock lock(&mutex_);
    checkout->deciding = false;
    const CheckoutPtr known = FindLocked(checkout->id);
    if (known != checkout) return;  // over, and everybody was told
    // Decided for somebody else: nobody is shown it.
    if (checkout->persons != checkout->decided_persons) return Schedule(checkout, absl::InfinitePast());
    opening.swap(checkout->opening);
    if (status.ok()) {
      const bool tell = is_new || checkout->send_anyway;
      checkout->sent = response;
      checkout->send_anyway = false;
      for (const auto& listener : checkout->listeners) {
        if (tell) listener->OnOffers(response);
      }
    }
    if (absl::IsInvalidArgument(status)) {
      Forget(checkout, [&status](CheckoutListener* listener) { listener->OnEnd(status); });
    } else {
      // Also if nothing changed: an offer may have been stopped, spent, or be over.
      const bool as_it_was = status.ok() && checkout->changes == checkout->decided_changes;
      Schedule(checkout, as_it_was ? clock_->Now() + options_.look_again : absl::InfinitePast());
    }
  }
  for (const Opened& opened : opening) opened(status, response);
}

void CheckoutDesk::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    wake_.Signal();
    const absl::Status status = absl::UnavailableError("the server is shutting down; open the checkout again");
    while (!open_.empty()) {
      Forget(open_.begin()->second, [&status](CheckoutListener* listener) { listener->OnEnd(status); });
    }
  }
  if (thread_.joinable()) thread_.join();
}

size_t CheckoutDesk::open_count() const {
  absl::MutexLock lock(&mutex_);
  return open_.size();
}

}  // namespace nbo::server
