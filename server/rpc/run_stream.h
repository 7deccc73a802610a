// Streams whose messages are numbered, taken in order and acknowledged in runs: what RecordPurchases and RecordOutcomes
// have in common.
#ifndef NBO_SERVER_RPC_RUN_STREAM_H_
#define NBO_SERVER_RPC_RUN_STREAM_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/ops/metrics.h"
#include "server/rpc/call.h"

namespace nbo::server {

struct StreamOptions {
  int max_streams = 64;        // open at once; more are refused with RESOURCE_EXHAUSTED
  size_t max_messages = 1024;  // read and not yet acknowledged, per stream; then reading pauses
  size_t max_bytes = 4 << 20;  // the same in bytes
};

// Refuses a call at once.
StreamHandler* RefuseStream(StreamCall* call, const absl::Status& status);

class RunStreams;

// Life: reads run one after the other; each message becomes a slot, filled when its event is durable or refused; filled
// slots at the front are acknowledged in order, when it is time to flush or nothing else is under way, one write at a
// time. The stream ends when the client has finished (or a drain began), nothing is under way and everything was
// acknowledged. While the owner has no room it reads one message at a time, when nothing else of it is under way; so
// every stream gets on, if slowly.
//
// Reactions and the threads that fill slots meet here. Each counts itself in (`users_`) under the lock before it acts,
// and the last one out calls Finish; so nobody ever touches a stream whose call is done with. It owns itself.
class RunStream : public StreamHandler {
 public:
  RunStream(RunStreams* owner, StreamCall* call, Method method, Metrics* metrics);

  void Start() { call_->Read(); }

  // Mark the stream as draining; as no longer waiting for room; as due for an acknowledgement. If true, the caller must
  // call Advance once.
  bool BeginDrain();
  bool BeginResume();
  bool BeginFlush();
  // Does whatever can be done now, then counts the caller out: reads, writes, or the end.
  void Advance();

  void OnMessage(absl::string_view message) override;
  void OnInputEnd() override;
  void OnWritten(bool ok) override;
  void OnDone() override;

 protected:
  // What became of a message.
  struct Filled {
    absl::Status status;
    int result = 0;  // if it was not refused
    std::string id;  // of what was refused, as far as it may travel back
  };

  // Parses a message. INVALID_ARGUMENT also for one that is too long: sending it again would not help, as
  // RESOURCE_EXHAUSTED promises.
  static absl::Status ParseStreamed(absl::string_view bytes, google::protobuf::Message* message);
  // The next message may be long in coming: an idle stream keeps no request that was longer.
  static constexpr size_t kKeptRequestBytes = 16 << 10;

  // Hands on the message just read, which is there until it returns: Fill and Taken must be called once each, in any
  // order, now or later. The next one is read after Taken.
  virtual void Take(size_t sequence, absl::string_view message) = 0;
  void Taken();
  // Makes an acknowledgement: what became of each message of the run, in order; then the whole, which it hands out.
  virtual void Add(size_t sequence, const Filled& filled) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;
  virtual std::unique_ptr<google::protobuf::Message> Compose(size_t acknowledged_through)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) = 0;

  // `flush`: is acknowledged as soon as all before it are; else when the owner flushes, or nothing is under way.
  void Fill(size_t sequence, Filled filled, bool flush);

  Metrics* const metrics_;
  absl::Mutex mutex_;

 private:
  struct Slot {
    size_t bytes = 0;
    bool is_filled = false;
    Filled filled;
  };

  // Whether the owner lets it read; if not, BeginResume will be called. In this order: room that appears after the
  // owner was asked finds the stream locked, and then waiting.
  bool HasRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves the filled slots at the front into out_ if it is time to send; true if there is something to write.
  bool ComposeAcknowledgement() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropFilled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  RunStreams* const owner_;
  StreamCall* const call_;
  const Method method_;
  const absl::Time start_;

  std::unique_ptr<google::protobuf::Message> out_;  // touched by whoever writes

  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  size_t first_sequence_ ABSL_GUARDED_BY(mutex_) = 1;  // of slots_.front()
  size_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t bytes_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;  // Start begins the first
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool waiting_for_room_ ABSL_GUARDED_BY(mutex_) = false;
  bool any_filled_ ABSL_GUARDED_BY(mutex_) = false;  // some slot was, since the last flush
  bool flush_ ABSL_GUARDED_BY(mutex_) = false;       // acknowledge what is filled, even if more is under way
  int users_ ABSL_GUARDED_BY(mutex_) = 0;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // a write failed: the client is gone
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::StatusCode code_ ABSL_GUARDED_BY(mutex_) = absl::StatusCode::kOk;  // how it ended
};

// The open streams of one method. Thread-safe; must outlive them.
class RunStreams {
 public:
  // `events`: what is sent on them, for messages to people.
  RunStreams(const StreamOptions& options, std::string events) : options_(options), events_(std::move(events)) {}
  virtual ~RunStreams() = default;

  // Ends every stream, present and future, with UNAVAILABLE after what was read is acknowledged.
  void Drain();

  int open_count() const;
  const StreamOptions& options() const { return options_; }

 protected:
  // The handler of a new call: what `make` makes, or one that refuses.
  StreamHandler* Admit(StreamCall* call, absl::FunctionRef<RunStream*()> make);
  // Whether streams may read more than one message at a time. Asked under their locks.
  virtual bool HasRoom() const { return true; }
  // Lets the streams read on that stopped for want of room.
  void Resume();
  // Acknowledges what was filled.
  void Flush();

 private:
  friend class RunStream;
  void Remove(RunStream* stream);
  void Advance(bool (RunStream::*begin)());

  const StreamOptions options_;
  const std::string events_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<RunStream*> streams_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_RPC_RUN_STREAM_H_
