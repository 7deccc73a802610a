#include "server/rpc/checkout_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

// Two sides meet here: the call, on its loop's thread, and the desk, on any. What is to be sent waits in `next_`; of
// offers only the latest does, however slowly the client reads. The desk is never called under the lock.
class CheckoutStream final : public StreamHandler,
                             public CheckoutListener,
                             public std::enable_shared_from_this<CheckoutStream> {
 public:
  CheckoutStream(StreamCall* call, CheckoutDesk* desk, Metrics* metrics)
      : call_(call), desk_(desk), metrics_(metrics) {}

  void Start() {
    self_ = shared_from_this();
    call_->Read();
  }

  // Of the call.
  void OnMessage(absl::string_view message) override {
    v1::CheckoutRequest request;
    absl::Status status = ParseMessage(message, &request);
    if (status.ok()) status = Take(request);
    if (!status.ok()) return End(status);
    absl::MutexLock lock(&mutex_);
    if (!finished_) call_->Read();
  }

  // A client that ends its side listens to no more, unless it waits for the receipt to be on disk.
  void OnInputEnd() override {
    {
      absl::MutexLock lock(&mutex_);
      if (closing_) return;
    }
    End(absl::OkStatus());
  }

  void OnWritten(bool ok) override {
    if (!ok) End(absl::CancelledError("the client is gone"));
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    Pump();
  }

  void OnDone() override {
    if (!checkout_id_.empty()) desk_->Leave(checkout_id_, this);
    const auto self = std::move(self_);  // until it returns, or longer if the desk holds it
    absl::MutexLock lock(&mutex_);
    finished_ = true;
  }

  // Of the desk.
  void OnOffers(const v1::GetOffersResponse& offers) override {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value()) return;
    next_.emplace();
    *next_->mutable_offers() = offers;
    Pump();
  }
  // Once this stream closes it waits for what became of its own receipt, whatever others do to the checkout meanwhile.
  void OnClosed(const v1::CheckoutClosed& closed) override {
    absl::MutexLock lock(&mutex_);
    if (!closing_) TellClosed(closed);
  }
  void OnEnd(const absl::Status& status) override {
    absl::MutexLock lock(&mutex_);
    if (!closing_) EndLocked(status);
  }

 private:
  absl::Status Take(const v1::CheckoutRequest& request) {
    switch (request.step_case()) {
      case v1::CheckoutRequest::kOpen: return Open(request.open());
      case v1::CheckoutRequest::kUpdate:
        if (checkout_id_.empty()) return NotOpened();
        return desk_->Update(checkout_id_, request.update());
      case v1::CheckoutRequest::kClose:
        if (checkout_id_.empty()) return NotOpened();
        return Close(request.close());
      case v1::CheckoutRequest::STEP_NOT_SET: break;
    }
    return absl::InvalidArgumentError("step: is required; set open, update or close");
  }

  static absl::Status NotOpened() {
    return absl::InvalidArgumentError("step: the first message of a stream must be open");
  }

  absl::Status Open(const v1::OpenCheckout& open) {
    if (!checkout_id_.empty()) return absl::InvalidArgumentError("step: open comes once in a stream; send update");
    checkout_id_ = open.checkout_id();
    desk_->Open(open, shared_from_this(), nullptr);
    return absl::OkStatus();
  }

  absl::Status Close(const v1::CloseCheckout& close) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(closing_, true)) return absl::InvalidArgumentError("step: close comes once in a stream");
    }
    desk_->Close(checkout_id_, close, [self = shared_from_this()](const absl::Status& status, const auto& closed) {
      absl::MutexLock lock(&self->mutex_);
      if (status.ok()) return self->TellClosed(closed);
      self->EndLocked(status);
    });
    return absl::OkStatus();
  }

  void TellClosed(const v1::CheckoutClosed& closed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (end_.has_value()) return;  // the call is over
    next_.emplace();
    *next_->mutable_closed() = closed;
    end_ = absl::OkStatus();
    Pump();
  }

  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    EndLocked(status);
  }

  // The first end holds.
  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (end_.has_value()) return;
    end_ = status;
    next_.reset();
    Pump();
  }

  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (next_.has_value()) {
      writing_ = true;
      call_->Write(*next_);
      next_.reset();
    } else if (end_.has_value()) {
      finished_ = true;
      metrics_->CountCall(Method::kCheckout, Channel::kUnspecified, end_->code(), absl::Now() - start_);
      call_->Finish(*end_);
    }
  }

  StreamCall* const call_;
  CheckoutDesk* const desk_;
  Metrics* const metrics_;
  const absl::Time start_ = absl::Now();
  std::string checkout_id_;  // of the call's thread
  std::shared_ptr<CheckoutStream> self_;
  absl::Mutex mutex_;
  std::optional<v1::CheckoutResponse> next_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

StreamHandler* OpenCheckoutStream(StreamCall* call, CheckoutDesk* desk, Metrics* metrics) {
  auto stream = std::make_shared<CheckoutStream>(call, desk, metrics);
  stream->Start();
  return stream.get();
}

}  // namespace nbo::server
