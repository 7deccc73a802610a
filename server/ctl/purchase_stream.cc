#include "server/ctl/purchase_stream.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "nbo/v1/event_service.grpc.pb.h"
#include "server/ctl/api_client.h"

namespace nbo::ctl {
namespace {

using nbo::v1::EventService;

// Every so many messages one is written without the buffer hint, so that no message waits in the buffer for long.
constexpr size_t kFlushEvery = 64;

// One stream from opening to its status. Three threads: the writer sends within the window, the reader settles, the
// caller's shows progress and cuts a stalled stream.
class OneStream {
 public:
  OneStream(ApiClient& client, const PurchaseSource& source, const StreamOptions& options, AckLedger* ledger)
      : source_(source),
        options_(options),
        ledger_(ledger),
        receipts_(ledger->BeginStream()),
        last_answer_(options.now()),
        stub_(EventService::NewStub(client.channel())),
        stream_(stub_->RecordPurchases(&context_)) {}

  // The stream's own status; INTERNAL if the server broke the protocol.
  grpc::Status Run() {
    std::thread writer([this] { Write(); });
    std::thread reader([this] { Read(); });
    Watch();
    writer.join();
    reader.join();
    const grpc::Status status = Finish();
    absl::MutexLock lock(&mutex_);
    if (!protocol_error_.ok()) {
      return grpc::Status(grpc::StatusCode::INTERNAL, std::string(protocol_error_.message()));
    }
    return stalled_ ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "no acknowledgement for a long time") : status;
  }

  // Messages that may have reached the server without an answer. After Run.
  size_t unanswered() {
    absl::MutexLock lock(&mutex_);
    return sent_ - ledger_->acknowledged();
  }

 private:
  bool WindowIsOpen() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return reader_done_ || sent_ - ledger_->acknowledged() < options_.max_in_flight;
  }

  // Reading ends at the end of the stream, but also at an answer that cannot be parsed, which gRPC does not tell apart.
  // Then answers may wait unread and Finish would never return: so it is given a while, and the stream is cut.
  grpc::Status Finish() {
    absl::Notification finished;
    std::thread guard([&] {
      if (finished.WaitForNotificationWithTimeout(options_.finish_timeout)) return;
      absl::MutexLock lock(&mutex_);
      protocol_error_.Update(absl::InternalError("the server sent an answer that cannot be read"));
      context_.TryCancel();
    });
    const grpc::Status status = stream_->Finish();
    finished.Notify();
    guard.join();
    return status;
  }

  void Write() {
    nbo::v1::RecordPurchasesRequest request;
    for (size_t i = 0; i < receipts_.size(); ++i) {
      source_(receipts_[i], request.mutable_purchase());
      grpc::WriteOptions write_options;
      {
        absl::MutexLock lock(&mutex_);
        mutex_.Await(absl::Condition(this, &OneStream::WindowIsOpen));
        if (reader_done_) return;
        ++sent_;
        // A message held back in the buffer is never answered: flush before the window can close.
        const bool window_closes = sent_ - ledger_->acknowledged() >= options_.max_in_flight;
        const bool last = i + 1 == receipts_.size();
        if (!last && !window_closes && sent_ % kFlushEvery != 0) write_options.set_buffer_hint();
      }
      if (!stream_->Write(request, write_options)) return;
    }
    stream_->WritesDone();
  }

  void Read() {
    nbo::v1::RecordPurchasesResponse response;
    while (stream_->Read(&response)) {
      absl::MutexLock lock(&mutex_);
      last_answer_ = options_.now();
      protocol_error_ = ledger_->Apply(response, sent_);
      if (!protocol_error_.ok()) {
        context_.TryCancel();
        break;
      }
    }
    absl::MutexLock lock(&mutex_);
    reader_done_ = true;
  }

  void Watch() {
    while (true) {
      size_t settled = 0;
      bool done = false;
      {
        absl::MutexLock lock(&mutex_);
        done = mutex_.AwaitWithTimeout(absl::Condition(&reader_done_), options_.progress_interval);
        settled = ledger_->settled();
        if (!done && !stalled_ && options_.now() - last_answer_ > options_.stall_timeout) {
          stalled_ = true;
          context_.TryCancel();
        }
      }
      if (options_.on_progress) options_.on_progress(settled);
      if (done) return;
    }
  }

  const PurchaseSource& source_;
  const StreamOptions& options_;
  absl::Mutex mutex_;
  AckLedger* const ledger_ ABSL_PT_GUARDED_BY(mutex_);
  // The ledger's; constant while the stream lives.
  const std::vector<uint32_t>& receipts_;
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reader_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_answer_ ABSL_GUARDED_BY(mutex_);
  absl::Status protocol_error_ ABSL_GUARDED_BY(mutex_);

  grpc::ClientContext context_;
  const std::unique_ptr<EventService::Stub> stub_;
  const std::unique_ptr<grpc::ClientReaderWriter<nbo::v1::RecordPurchasesRequest, nbo::v1::RecordPurchasesResponse>>
      stream_;
};

// Whether a new stream may fare better.
bool MayRetry(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:  // ended early, or some receipts were refused with UNAVAILABLE
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED: return true;
    case grpc::StatusCode::INTERNAL:
      // gRPC's own word for a connection reset within a message.
      return status.error_message().find("RST_STREAM") != std::string::npos;
    default: return false;
  }
}

// Why not every receipt is settled after a stream that ended with `status`.
absl::Status Reason(const ApiClient& client, const grpc::Status& status, const AckLedger& ledger) {
  if (!status.ok()) return client.Explain(status);
  for (size_t i = 0; i < ledger.receipt_count(); ++i) {
    if (ledger.fate(i) != Fate::kPending || ledger.rejection(i) == nullptr) continue;
    return absl::UnavailableError(absl::StrCat("the server cannot record now: ", ledger.rejection(i)->message()));
  }
  return absl::UnavailableError("the server ended the stream before it had answered every receipt");
}

}  // namespace

StreamResult SendPurchases(ApiClient& client, const PurchaseSource& source, const StreamOptions& options,
                           AckLedger* ledger) {
  StreamResult result;
  absl::Duration backoff = options.first_backoff;
  int barren_streams = 0;
  while (!ledger->done()) {
    const size_t settled_before = ledger->settled();
    OneStream stream(client, source, options, ledger);
    const grpc::Status status = stream.Run();
    if (ledger->done()) break;
    const absl::Status reason = Reason(client, status, *ledger);
    if (ledger->settled() > settled_before) {
      barren_streams = 0;
      backoff = options.first_backoff;
    } else {
      ++barren_streams;
    }
    if (!MayRetry(status) || barren_streams >= options.max_barren_streams) {
      result.status = reason;
      break;
    }
    if (options.on_notice) {
      options.on_notice(absl::StrCat(reason.message(), " (", ledger->receipt_count() - ledger->settled(),
                                     " receipts to go; sending them again in ", absl::FormatDuration(backoff), ")"));
    }
    options.sleep(backoff);
    // gRPC gets on with connecting only while somebody waits for it (else every 5 seconds). What comes of it, the next
    // stream will tell.
    client.Connect().IgnoreError();
    backoff = std::min(backoff * 2, options.max_backoff);
    result.resent_receipts += stream.unanswered();
    ++result.reopened_streams;
  }
  ledger->Close();
  return result;
}

}  // namespace nbo::ctl
