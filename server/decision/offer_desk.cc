#include "server/decision/offer_desk.h"

#include <algorithm>
#include <utility>

namespace nbo::server {
namespace {

// What is kept of a caller's deadline for deciding, for the threads to be given a processor, and for the way back.
constexpr absl::Duration kReturnTime = absl::Milliseconds(5);

// What a call's thread reads into: a decoded state reuses its memory.
PersonRead* PersonOfThisThread() {
  static thread_local PersonRead person;
  return &person;
}

}  // namespace

// A call that waits for the disk. Read and Done may run at the same time; what each of them writes is its own.
class OfferDesk::Waiting : public DiskRead {
 public:
  Waiting(const OfferDesk* desk, const v1::GetOffersRequest& request, OfferDesk::Done done)
      : desk_(desk), request_(request), question_(desk->handler_->Check(request_)), done_(std::move(done)) {}

  // What Check said of the request.
  absl::Status status() const { return question_.status(); }

  void Read() override { read_ = desk_->handler_->Read(request_, *question_, /*may_wait=*/true, &person_); }

  void Done(End end) override {
    switch (end) {
      case End::kCancelled:
        desk_->metrics_->CountDiskRead(DiskReadResult::kCancelled);
        return Finish(absl::CancelledError("the caller is gone"), {});
      case End::kLate:
        desk_->metrics_->CountDiskRead(DiskReadResult::kLate);
        return AnswerFromMemory(v1::TIER_REASON_DEADLINE);
      case End::kRead: break;
    }
    desk_->metrics_->CountDiskRead(read_.ok() ? DiskReadResult::kRead : DiskReadResult::kFailed);
    if (!read_.ok()) return AnswerFromMemory(v1::TIER_REASON_STORE_UNAVAILABLE);
    v1::GetOffersResponse response;
    desk_->handler_->Answer(request_, *question_, v1::TIER_REASON_UNSPECIFIED, &person_, &response);
    Finish(absl::OkStatus(), response);
  }

  // Touches nothing that Read writes.
  void AnswerFromMemory(v1::TierReason reason) {
    v1::GetOffersResponse response;
    const absl::Status status = desk_->AnswerFromMemory(request_, *question_, reason, &response);
    Finish(status, response);
  }

  void Finish(const absl::Status& status, const v1::GetOffersResponse& response) {
    // Whoever is told may free what `done` refers to, and this may live on until the disk has answered.
    std::exchange(done_, nullptr)(status, response);
  }

 private:
  const OfferDesk* const desk_;
  const v1::GetOffersRequest request_;
  const absl::StatusOr<OfferQuestion> question_;  // points into the request
  OfferDesk::Done done_;
  PersonRead person_;
  absl::Status read_;
};

OfferDesk::OfferDesk(const DeskOptions& options, const DecisionHandler* handler, Metrics* metrics)
    : options_(options),
      retry_delay_(options.max_wait > absl::ZeroDuration() ? options.max_wait : absl::Seconds(1)),
      handler_(handler),
      metrics_(metrics),
      reads_(options.reader_threads, options.max_waiting) {}

bool OfferDesk::Enter() {
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) < options_.max_in_flight) return true;
  Leave();
  metrics_->CountRefusedDecision();
  return false;
}

std::optional<absl::Status> OfferDesk::TryNow(const v1::GetOffersRequest& request,
                                              v1::GetOffersResponse* response) const {
  const absl::StatusOr<OfferQuestion> question = handler_->Check(request);
  return question.ok() ? Try(request, *question, response) : question.status();
}

std::optional<absl::Status> OfferDesk::Preview(const v1::GetOffersRequest& request,
                                               v1::GetOffersResponse* response) const {
  absl::StatusOr<OfferQuestion> question = handler_->Check(request);
  if (!question.ok()) return question.status();
  question->is_recorded = false;
  return Try(request, *question, response);
}

std::optional<absl::Status> OfferDesk::Try(const v1::GetOffersRequest& request, const OfferQuestion& question,
                                           v1::GetOffersResponse* response) const {
  PersonRead* const person = PersonOfThisThread();
  v1::TierReason trouble = v1::TIER_REASON_UNSPECIFIED;
  if (absl::Status read = handler_->Read(request, question, /*may_wait=*/false, person); !read.ok()) {
    if (absl::IsInvalidArgument(read)) return read;
    if (IsNotInMemory(read)) return std::nullopt;
    trouble = v1::TIER_REASON_STORE_UNAVAILABLE;
    handler_->Remember(person);
  }
  handler_->Answer(request, question, trouble, person, response);
  return absl::OkStatus();
}

// Somebody else may have read this person meanwhile: then nothing is amiss.
absl::Status OfferDesk::AnswerFromMemory(const v1::GetOffersRequest& request, const OfferQuestion& question,
                                         v1::TierReason reason, v1::GetOffersResponse* response) const {
  PersonRead* const person = PersonOfThisThread();
  const absl::Status read = handler_->Read(request, question, /*may_wait=*/false, person);
  if (absl::IsInvalidArgument(read)) return read;
  if (!read.ok()) handler_->Remember(person);
  handler_->Answer(request, question, read.ok() ? v1::TIER_REASON_UNSPECIFIED : reason, person, response);
  return absl::OkStatus();
}

std::shared_ptr<OfferDesk::Waiting> OfferDesk::Wait(const v1::GetOffersRequest& request, absl::Time start,
                                                    absl::Time deadline, Done done) {
  auto waiting = std::make_shared<Waiting>(this, request, std::move(done));
  if (absl::Status checked = waiting->status(); !checked.ok()) {  // a clock or a setting that TryNow saw otherwise
    waiting->Finish(checked, {});
    return waiting;
  }
  deadline -= kReturnTime;
  if (options_.max_wait > absl::ZeroDuration()) deadline = std::min(deadline, start + options_.max_wait);
  if (!reads_.Start(deadline, waiting)) {
    metrics_->CountDiskRead(DiskReadResult::kOverloaded);
    waiting->AnswerFromMemory(v1::TIER_REASON_OVERLOADED);
  }
  return waiting;
}

void OfferDesk::Cancel(const std::shared_ptr<Waiting>& waiting) { reads_.Cancel(waiting); }

}  // namespace nbo::server
