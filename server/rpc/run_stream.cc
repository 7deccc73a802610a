#include "server/rpc/run_stream.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/rpc/wire.h"

namespace nbo::server {

namespace {

class RefusedStream : public StreamHandler {
 public:
  void OnMessage(absl::string_view) override {}
  void OnInputEnd() override {}
  void OnWritten(bool) override {}
  void OnDone() override { delete this; }
};

}  // namespace

StreamHandler* RefuseStream(StreamCall* call, const absl::Status& status) {
  call->Finish(status);
  return new RefusedStream();
}

RunStream::RunStream(RunStreams* owner, StreamCall* call, Method method, Metrics* metrics)
    : metrics_(metrics), owner_(owner), call_(call), method_(method), start_(absl::Now()) {}

absl::Status RunStream::ParseStreamed(absl::string_view bytes, google::protobuf::Message* message) {
  const absl::Status parsed = ParseMessage(bytes, message);
  if (!absl::IsResourceExhausted(parsed)) return parsed;
  message->Clear();
  return absl::InvalidArgumentError(parsed.message());
}

bool RunStream::BeginDrain() {
  absl::MutexLock lock(&mutex_);
  if (finished_) return false;
  draining_ = true;
  ++users_;
  return true;
}

bool RunStream::BeginResume() {
  absl::MutexLock lock(&mutex_);
  if (finished_ || !waiting_for_room_) return false;
  waiting_for_room_ = false;
  ++users_;
  return true;
}

bool RunStream::BeginFlush() {
  absl::MutexLock lock(&mutex_);
  if (finished_ || !any_filled_) return false;
  any_filled_ = false;
  flush_ = true;
  ++users_;
  return true;
}

void RunStream::OnMessage(absl::string_view message) {
  size_t sequence = 0;
  {
    absl::MutexLock lock(&mutex_);
    ++users_;
    // The stream may end while a read is under way. What it brings is dropped: it was never acknowledged.
    if (!finished_ && !draining_ && !broken_) {
      sequence = next_sequence_++;
      slots_.emplace_back().bytes = message.size();
      bytes_under_way_ += message.size();
    }
  }
  if (sequence > 0) {
    Take(sequence, message);
  } else {
    Advance();
  }
}

void RunStream::OnInputEnd() {
  {
    absl::MutexLock lock(&mutex_);
    ++users_;
    input_ended_ = true;
  }
  Advance();
}

void RunStream::Taken() {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
  }
  Advance();
}

void RunStream::OnWritten(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    ++users_;
    writing_ = false;
    broken_ |= !ok;
  }
  Advance();
}

void RunStream::OnDone() {
  absl::StatusCode code;
  {
    absl::MutexLock lock(&mutex_);
    code = code_;
  }
  metrics_->CountCall(method_, Channel::kUnspecified, code, absl::Now() - start_);
  delete this;
}

void RunStream::Fill(size_t sequence, Filled filled, bool flush) {
  {
    absl::MutexLock lock(&mutex_);
    Slot& slot = slots_[sequence - first_sequence_];
    slot.filled = std::move(filled);
    slot.is_filled = true;
    any_filled_ = true;
    if (!flush) return;
    any_filled_ = false;
    flush_ = true;
    ++users_;  // in the same breath: once it is filled, others may end the stream
  }
  Advance();
}

void RunStream::Advance() {
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
    // Outside the lock.
    if (write) call_->Write(*out_);
    if (read) call_->Read();
  }
  if (!finish) return;
  owner_->Remove(this);  // before the client learns of the end, so that it may open another one at once
  call_->Finish(
      cut ? absl::UnavailableError("the server is shutting down; send what is not acknowledged on a new stream")
          : absl::OkStatus());
}

bool RunStream::HasRoom() {
  waiting_for_room_ = !slots_.empty() && !owner_->HasRoom();
  return !waiting_for_room_;
}

bool RunStream::ComposeAcknowledgement() {
  size_t filled = 0;
  while (filled < slots_.size() && slots_[filled].is_filled) ++filled;
  // One acknowledgement for many messages costs a third of one for each: at the end of a group, or of all.
  if (filled == 0 || (!flush_ && filled < slots_.size())) return false;
  flush_ = false;
  for (size_t i = 0; i < filled; ++i) Add(first_sequence_ + i, slots_[i].filled);
  DropFilled();
  out_ = Compose(first_sequence_ - 1);
  return true;
}

void RunStream::DropFilled() {
  while (!slots_.empty() && slots_.front().is_filled) {
    bytes_under_way_ -= slots_.front().bytes;
    slots_.pop_front();
    ++first_sequence_;
  }
}

StreamHandler* RunStreams::Admit(StreamCall* call, absl::FunctionRef<RunStream*()> make) {
  RunStream* stream = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (draining_) {
      return RefuseStream(call, absl::UnavailableError("the server is shutting down; try again"));
    }
    if (static_cast<int>(streams_.size()) >= options_.max_streams) {
      return RefuseStream(call, absl::ResourceExhaustedError(absl::StrCat(
                                    "ingest.max_streams streams are open; send more ", events_, " on fewer streams")));
    }
    stream = make();
    streams_.insert(stream);
  }
  stream->Start();
  return stream;
}

void RunStreams::Advance(bool (RunStream::*begin)()) {
  std::vector<RunStream*> streams;
  {
    absl::MutexLock lock(&mutex_);
    // A stream is removed, under this lock, before it ends; one that could be marked stays until it was advanced.
    for (RunStream* stream : streams_) {
      if ((stream->*begin)()) streams.push_back(stream);
    }
  }
  for (RunStream* stream : streams) stream->Advance();
}

void RunStreams::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  Advance(&RunStream::BeginDrain);
}

void RunStreams::Resume() { Advance(&RunStream::BeginResume); }

void RunStreams::Flush() { Advance(&RunStream::BeginFlush); }

void RunStreams::Remove(RunStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

int RunStreams::open_count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(streams_.size());
}

}  // namespace nbo::server
