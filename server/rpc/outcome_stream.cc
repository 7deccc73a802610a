#include "server/rpc/outcome_stream.h"

#include <string>
#include <utility>

#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

class OutcomeStream final : public RunStream {
 public:
  OutcomeStream(RunStreams* owner, const OutcomeHandler* handler, JobThreads* threads, Metrics* metrics)
      : RunStream(owner, Method::kRecordOutcomes, metrics), handler_(handler), threads_(threads) {}

 private:
  void Take(size_t sequence, const grpc::ByteBuffer& message) override {
    const absl::Status queued = threads_->Run([this, sequence, &message] {
      Record(sequence, message);
      Taken();
    });
    if (queued.ok()) return;
    metrics_->CountRefusedOutcome(queued.code());
    Fill(sequence, {queued, 0, ""}, /*flush=*/true);
    Taken();
  }

  void Record(size_t sequence, const grpc::ByteBuffer& message) {
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
    if (message.Length() > kKeptRequestBytes) request_ = v1::RecordOutcomesRequest();
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

  void Compose(size_t acknowledged_through, grpc::ByteBuffer* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    response_.set_acknowledged_through(static_cast<int64_t>(acknowledged_through));
    SerializeMessage(response_, out);
    response_.Clear();
  }

  const OutcomeHandler* const handler_;
  JobThreads* const threads_;
  v1::RecordOutcomesRequest request_;  // touched by the one message being taken only
  v1::RecordOutcomesResponse response_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

StreamReactor* OutcomeStreams::Open(const OutcomeHandler* handler, Metrics* metrics) {
  return Admit([&] { return new OutcomeStream(this, handler, threads_, metrics); });
}

}  // namespace nbo::server
