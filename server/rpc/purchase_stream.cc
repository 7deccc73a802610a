#include "server/rpc/purchase_stream.h"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "server/rpc/wire.h"

namespace nbo::server {
namespace {

// A refused receipt's id as far as it may travel back: whatever came in, an answer must be UTF-8, or no client can read
// it.
std::string IdToTell(const std::string& sent) {
  std::string id = sent.substr(0, kMaxIdBytes);
  for (int cut = 0; cut < 3 && !IsUtf8(id); ++cut) id.pop_back();  // the limit may lie within a character
  return IsUtf8(id) ? id : "";
}

}  // namespace

// Life: reads run one after the other; each message becomes a slot, filled when its receipt is durable or refused;
// filled slots at the front are acknowledged in order, at the end of each group, one write at a time. The stream ends
// when the client has finished (or a drain began), nothing is under way and everything was acknowledged. While the
// memory budget is used up it reads one message at a time, when nothing else of it is under way; so every stream gets
// on, if slowly.
//
// Reactions and writer threads meet here. Each counts itself in (`users_`) under the lock before it acts, and the last
// one out calls Finish; so nobody ever touches a stream that gRPC has done with.
class PurchaseStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  PurchaseStream(PurchaseStreams* owner, const EventHandler* handler, Metrics* metrics)
      : owner_(owner), handler_(handler), metrics_(metrics), start_(absl::Now()) {}

  void Start() { StartRead(&in_); }

  // Marks the stream as draining. If true, the caller must call Advance once.
  bool BeginDrain() {
    absl::MutexLock lock(&mutex_);
    if (finished_) return false;
    draining_ = true;
    ++users_;
    return true;
  }

  // Marks the stream as no longer waiting for room. If true, the caller must call Advance once.
  bool BeginResume() {
    absl::MutexLock lock(&mutex_);
    if (finished_ || !waiting_for_room_) return false;
    waiting_for_room_ = false;
    ++users_;
    return true;
  }

  // Marks the stream as due for an acknowledgement. If true, the caller must call Advance once.
  bool BeginFlush() {
    absl::MutexLock lock(&mutex_);
    if (finished_ || !filled_) return false;
    filled_ = false;
    flush_ = true;
    ++users_;
    return true;
  }

  void OnReadDone(bool ok) override {
    const size_t bytes = in_.Length();
    size_t sequence = 0;
    {
      absl::MutexLock lock(&mutex_);
      ++users_;
      if (!ok) {
        input_ended_ = true;
      } else if (finished_ || draining_ || broken_) {
        // The stream may end while a read is under way. What it brings is dropped: it was never acknowledged.
        ok = false;
      } else {
        sequence = next_sequence_++;
        slots_.push_back({std::nullopt, bytes, ""});
        bytes_under_way_ += bytes;
      }
    }
    if (ok) {
      Take(sequence);
      // The next message may be long in coming: an idle stream keeps nothing large.
      constexpr size_t kKeptRequestBytes = 16 << 10;
      in_.Clear();
      if (bytes > kKeptRequestBytes) request_ = v1::RecordPurchasesRequest();
      absl::MutexLock lock(&mutex_);
      reading_ = false;  // not before: the next read reuses in_, and a writer thread may start it
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      ++users_;
      writing_ = false;
      broken_ |= !ok;
    }
    Advance();
  }

  void OnDone() override {
    absl::StatusCode code;
    {
      absl::MutexLock lock(&mutex_);
      code = code_;
    }
    metrics_->CountCall(Method::kRecordPurchases, Channel::kUnspecified, code, absl::Now() - start_);
    delete this;
  }

  // Does whatever can be done now, then counts the caller out: reads, writes, or the end. Operations are started
  // outside the lock.
  void Advance() {
    bool finish = false, cut = false;
    while (true) {
      bool read = false, write = false;
      {
        absl::MutexLock lock(&mutex_);
        const bool stop_reading = input_ended_ || draining_ || broken_;
        if (broken_) DropFilled();
        write = !writing_ && !broken_ && ComposeAcknowledgement();
        writing_ |= write;
        read = !reading_ && !stop_reading && slots_.size() < owner_->options().max_messages &&
               bytes_under_way_ < owner_->options().max_bytes && HasRoom();
        reading_ |= read;
        if (!read && !write) {
          --users_;
          finish = users_ == 0 && !finished_ && stop_reading && !writing_ && slots_.empty();
          finished_ |= finish;
          cut = !input_ended_;
          if (finish && cut) code_ = broken_ ? absl::StatusCode::kCancelled : absl::StatusCode::kUnavailable;
          break;
        }
      }
      if (write) StartWrite(&out_);
      if (read) StartRead(&in_);
    }
    if (!finish) return;
    owner_->Remove(this);  // before the client learns of the end, so that it may open another one at once
    Finish(cut ? grpc::Status(grpc::StatusCode::UNAVAILABLE,
                              "the server is shutting down; send what is not acknowledged on a new stream")
               : grpc::Status::OK);
  }

 private:
  struct Slot {
    std::optional<absl::StatusOr<RecordResult>> result;
    size_t bytes;
    std::string receipt_id;  // of refused ones
  };

  // Whether the memory budget lets it read; if not, BeginResume will be called. In this order: room that appears after
  // the budget was asked finds the stream locked, and then waiting.
  bool HasRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    waiting_for_room_ = !slots_.empty() && !owner_->budget_->HasRoom();
    return !waiting_for_room_;
  }

  // Hands the message just read to the handler.
  void Take(size_t sequence) {
    absl::Status parsed = ParseMessage(in_, &request_);
    // Sending it again would not help, as RESOURCE_EXHAUSTED promises: the receipt itself is at fault.
    if (absl::IsResourceExhausted(parsed)) {
      request_.Clear();
      parsed = absl::InvalidArgumentError(parsed.message());
    }
    std::string receipt_id = IdToTell(request_.purchase().receipt_id());
    auto fill = [this, sequence, receipt_id = std::move(receipt_id)](const absl::StatusOr<RecordResult>& result,
                                                                     absl::string_view) {
      // Acknowledged together with the others of its group (Flush), or by OnReadDone if it was refused at once.
      absl::MutexLock lock(&mutex_);
      Slot& slot = slots_[sequence - first_sequence_];
      slot.result = result;
      if (!result.ok()) slot.receipt_id = receipt_id;
      filled_ = true;
    };
    if (!parsed.ok()) {
      metrics_->CountRefusedReceipt(parsed.code());
      return fill(parsed, "");
    }
    handler_->RecordStreamed(request_, std::move(fill));
  }

  // Moves the filled slots at the front into out_ if it is time to send; true if there is something to write.
  bool ComposeAcknowledgement() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    size_t filled = 0;
    while (filled < slots_.size() && slots_[filled].result.has_value()) ++filled;
    // One acknowledgement for many messages costs a third of one for each: at the end of a group, or of all.
    if (filled == 0 || (!flush_ && filled < slots_.size())) return false;
    flush_ = false;
    response_.Clear();
    for (size_t i = 0; i < filled; ++i) AddToResponse(first_sequence_ + i, slots_[i]);
    DropFilled();
    response_.set_acknowledged_through(static_cast<int64_t>(first_sequence_ - 1));
    SerializeMessage(response_, &out_);
    return true;
  }

  void AddToResponse(size_t sequence, const Slot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::StatusOr<RecordResult>& result = *slot.result;
    if (result.ok()) {
      const auto number = static_cast<int64_t>(sequence);
      switch (*result) {
        case RecordResult::kAccepted: response_.set_accepted_count(response_.accepted_count() + 1); break;
        case RecordResult::kDuplicate: response_.add_duplicate_sequences(number); break;
        case RecordResult::kCorrected: response_.add_corrected_sequences(number); break;
        case RecordResult::kSuperseded: response_.add_superseded_sequences(number); break;
        case RecordResult::kErased: response_.add_erased_sequences(number); break;
        case RecordResult::kElsewhere: break;  // never leaves the pipeline
      }
      return;
    }
    v1::RecordPurchasesResponse::Rejection* rejection = response_.add_rejections();
    rejection->set_sequence(static_cast<int64_t>(sequence));
    rejection->set_code(static_cast<int>(result.status().code()));
    rejection->set_message(std::string(result.status().message()));
    rejection->set_receipt_id(slot.receipt_id);
  }

  void DropFilled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (!slots_.empty() && slots_.front().result.has_value()) {
      bytes_under_way_ -= slots_.front().bytes;
      slots_.pop_front();
      ++first_sequence_;
    }
  }

  PurchaseStreams* const owner_;
  const EventHandler* const handler_;
  Metrics* const metrics_;
  const absl::Time start_;

  // Touched by the one operation under way only.
  grpc::ByteBuffer in_, out_;
  v1::RecordPurchasesRequest request_;

  absl::Mutex mutex_;
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  size_t first_sequence_ ABSL_GUARDED_BY(mutex_) = 1;  // of slots_.front()
  size_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t bytes_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  v1::RecordPurchasesResponse response_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;  // Start begins the first
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_for_room_ ABSL_GUARDED_BY(mutex_) = false;
  bool filled_ ABSL_GUARDED_BY(mutex_) = false;  // some slot was, since the last flush
  bool flush_ ABSL_GUARDED_BY(mutex_) = false;   // acknowledge what is filled, even if more is under way
  int users_ ABSL_GUARDED_BY(mutex_) = 0;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // a write failed: the client is gone
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::StatusCode code_ ABSL_GUARDED_BY(mutex_) = absl::StatusCode::kOk;  // how it ended
};

namespace {

// Refuses a call at once.
class RefusedStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PurchaseStreams::Open(const EventHandler* handler,
                                                                                   Metrics* metrics) {
  PurchaseStream* stream = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) {
      return new RefusedStream({grpc::StatusCode::UNAVAILABLE, "the server is shutting down; try again"});
    }
    if (static_cast<int>(streams_.size()) >= options_.max_streams) {
      return new RefusedStream({grpc::StatusCode::RESOURCE_EXHAUSTED,
                                "ingest.max_streams streams are open; send more receipts on fewer streams"});
    }
    stream = new PurchaseStream(this, handler, metrics);
    streams_.insert(stream);
  }
  stream->Start();
  return stream;
}

void PurchaseStreams::Drain() {
  std::vector<PurchaseStream*> streams;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    // A stream is removed, under this lock, before it ends; one that could be marked stays until it was advanced.
    for (PurchaseStream* stream : streams_) {
      if (stream->BeginDrain()) streams.push_back(stream);
    }
  }
  for (PurchaseStream* stream : streams) stream->Advance();
}

void PurchaseStreams::Resume() {
  std::vector<PurchaseStream*> streams;
  {
    absl::MutexLock lock(&mutex_);
    for (PurchaseStream* stream : streams_) {  // as in Drain
      if (stream->BeginResume()) streams.push_back(stream);
    }
  }
  for (PurchaseStream* stream : streams) stream->Advance();
}

void PurchaseStreams::Flush() {
  std::vector<PurchaseStream*> streams;
  {
    absl::MutexLock lock(&mutex_);
    for (PurchaseStream* stream : streams_) {  // as in Drain
      if (stream->BeginFlush()) streams.push_back(stream);
    }
  }
  for (PurchaseStream* stream : streams) stream->Advance();
}

void PurchaseStreams::Remove(PurchaseStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

int PurchaseStreams::open_count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(streams_.size());
}

}  // namespace nbo::server
