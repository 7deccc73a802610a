#include "server/rpc/outcome_stream.h"

#include <memory>
#include <string>
#include <utility>

namespace nbo::server {
namespace {

class OutcomeStream final : public RunStream {
 public:
  OutcomeStream(RunStreams* owner, StreamCall* call, const OutcomeHandler* handler, JobThreads* threads,
                Metrics* metrics)
      : RunStream(owner, call, Method::kRecordOutcomes, metrics), handler_(handler), threads_(threads) {}

 private:
  void Take(size_t sequence, absl::string_view message) override {
    const absl::Status queued = threads_->Run([this, sequence, kept = std::string(message)] {
      Record(sequence, kept);
      Taken();
    });
    if (queued.ok()) return;
    metrics_->CountRefusedOutcome(queued.code());
    Fill(sequence, {queued, 0, ""}, /*flush=*/true);
    Taken();
  }

  void Record(size_t sequence, const std::string& message) {
    // A sync of the log fills many slots one after the other: while the first acknowledgement is written, the next one
    // gathers.
    auto fill = [this, sequence](const absl::Status& status, const v1::RecordOutcomeResponse& response) {
      Fill(sequence, {status, response.result(), ""}, /*flush=*/true);
    };
    if (const absl::Status parsed = ParseStreamed(message, &request_); !parsed.ok()) {
      metrics_->CountRefusedOutcome(parsed.code());
      fill(parsed, {});
    } else {
      v1::RecordOutcomeRequest one;
      if (request_.has_outcome()) one.mutable_outcome()->Swap(request_.mutable_outcome());
      handler_->RecordOutcome(one, std::move(fill));
    }
    if (message.size() > kKeptRequestBytes) request_ = v1::RecordOutcomesRequest();
  }

  void Add(size_t sequence, const Filled& filled) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto number = static_cast<int64_t>(sequence);
    if (filled.status.ok()) {
      switch (filled.result) {
        case v1::OUTCOME_RESULT_DUPLICATE: response_.add_duplicate_sequences(number); break;
        case v1::OUTCOME_RESULT_ERASED: response_.add_erased_sequences(number); break;
        default: response_.set_accepted_count(response_.accepted_count() + 1); break;
      }
      return;
    }
    v1::RecordOutcomesResponse::Rejection* rejection = response_.add_rejections();
    rejection->set_sequence(number);
    rejection->set_code(static_cast<int>(filled.status.code()));
    rejection->set_message(std::string(filled.status.message()));
  }

  std::unique_ptr<google::protobuf::Message> Compose(size_t acknowledged_through) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    response_.set_acknowledged_through(static_cast<int64_t>(acknowledged_through));
    auto out = std::make_unique<v1::RecordOutcomesResponse>();
    out->Swap(&response_);
    return out;
  }

  const OutcomeHandler* const handler_;
  JobThreads* const threads_;
  v1::RecordOutcomesRequest request_;  // touched by the one message being taken only
  v1::RecordOutcomesResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StreamHandler* OutcomeStreams::Open(StreamCall* call, const OutcomeHandler* handler, Metrics* metrics) {
  return Admit(call, [&] { return new OutcomeStream(this, call, handler, threads_, metrics); });
}

}  // namespace nbo::server
