// The write path: one writer at a time per partition, one synced write per group of receipts.
#ifndef NBO_SERVER_INGEST_PIPELINE_H_
#define NBO_SERVER_INGEST_PIPELINE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/profile/recorder.h"
#include "core/profile/registry.h"
#include "server/ingest/memory_budget.h"

namespace nbo::server {

// What the pipeline tells about its work; called from the writer threads.
class IngestObserver {
 public:
  virtual ~IngestObserver() = default;
  // A writer takes a group whose oldest event has waited this long.
  virtual void OnStart(absl::Duration oldest_wait) = 0;
  // A group of `events` was written (or refused) in `duration`.
  virtual void OnGroup(size_t events, absl::Duration duration) = 0;
  virtual void OnReceipt(const absl::StatusOr<RecordResult>& result) = 0;
};

struct IngestOptions {
  int writers = 2;         // threads; partition p belongs to writer p mod writers
  size_t max_group = 512;  // events written together
  // What a group leaves for more events to come, from the start of the one before; not after a group of one.
  absl::Duration linger = absl::ZeroDuration();
  size_t max_queue_bytes = 64 << 20;  // of events waiting and being written, beyond which TrySubmit refuses
};

// Receipts are recorded by the writers, each for its partitions. Statements about who is who concern several
// partitions; they are rare and are carried out by one more thread, the registrar, while the writers pause between two
// groups.
//
// Thread-safe. Callbacks run on these threads (or on the caller's, where nothing had to be queued) and must not block.
class IngestPipeline {
 public:
  // `customer_id`: whom the receipt was recorded for; "" if it was not.
  using ReceiptDone = std::function<void(const absl::StatusOr<RecordResult>&, absl::string_view customer_id)>;
  using Statement = std::function<absl::Status(Registry*)>;
  using StatementDone = std::function<void(const absl::Status&)>;

  // `store` and `observer` must outlive the pipeline.
  IngestPipeline(const IngestOptions& options, ProfileStore* store, IngestObserver* observer);
  // Writes what is queued, calls every callback, then stops.
  ~IngestPipeline();
  IngestPipeline(const IngestPipeline&) = delete;

  // Resolves and queues a valid receipt. `done` is called exactly once, after the group that holds it is durable, with
  // the result of Recorder::Record. Never refuses: the caller asks the budget before it reads what it submits (streams
  // do).
  void Submit(Receipt receipt, ReceiptDone done);

  // As Submit, but RESOURCE_EXHAUSTED when the budget is used up; then `done` is not called.
  absl::Status TrySubmit(Receipt receipt, ReceiptDone done);

  // Queues something to be stated to the registry. `run` is called once, with the store to itself; then `done`, when
  // what `run` wrote is durable, with its status or that of the store. RESOURCE_EXHAUSTED when too many wait; then
  // neither is called.
  absl::Status TrySubmitStatement(Statement run, StatementDone done);

  // The same at once, waiting for room and for the end. For background threads, never for callbacks.
  absl::Status State(const Statement& run);

  // Events waiting now, over all writers.
  size_t QueueLength() const;

  // Sets what a writer calls after each group, when all its callbacks were called. It must not block. Set it before the
  // first Submit.
  void OnGroupEnd(std::function<void()> on_group_end) { on_group_end_ = std::move(on_group_end); }

  // Sets what is called for each receipt that is durable (accepted, corrected or a duplicate), by the id it is recorded
  // for, before its callback. On the writer's thread, while nothing is stated about who is who. It must not block. Set
  // it before the first Submit.
  void OnRecorded(std::function<void(const Receipt&)> on_recorded) { on_recorded_ = std::move(on_recorded); }

  // Counts what waits and what is being written.
  MemoryBudget& budget() { return budget_; }

 private:
  struct Job {
    absl::Time queued;
    uint64_t epoch;  // of the registry when the receipt was resolved
    MemoryBudget::Charge charge;
    Receipt receipt;
    ReceiptDone done;
  };
  struct StatementJob {
    Statement run;
    StatementDone done;
  };
  struct Writer {
    mutable absl::Mutex mutex;
    std::deque<Job> queue ABSL_GUARDED_BY(mutex);
    bool stopping ABSL_GUARDED_BY(mutex) = false;
    bool ended ABSL_GUARDED_BY(mutex) = false;
    std::thread thread;
  };

  Writer& WriterOf(absl::string_view customer_id);
  void Accept(Receipt receipt, MemoryBudget::Charge charge, ReceiptDone done);
  // Decides whom the receipt is for; false if `job` was ended by that.
  bool Resolve(Job* job);
  void Finish(const absl::StatusOr<RecordResult>& result, Job* job);
  void RunWriter(Writer* writer);
  void Process(Writer* writer, std::vector<Job>* jobs) ABSL_SHARED_LOCKS_REQUIRED(gate_);
  void Requeue(Job job);
  void RunRegistrar();

  const IngestOptions options_;
  MemoryBudget budget_;
  ProfileStore* const store_;
  Recorder recorder_;
  Registry registry_;
  IngestObserver* const observer_;
  std::function<void()> on_group_end_;  // writers read these only after a Submit
  std::function<void(const Receipt&)> on_recorded_;
  std::vector<std::unique_ptr<Writer>> writers_;

  // Held shared while a group is recorded, alone while something is stated.
  absl::Mutex gate_;
  // Raised by every statement: what was resolved before must be resolved again.
  std::atomic<uint64_t> epoch_{0};

  absl::Mutex statements_mutex_;
  std::deque<StatementJob> statements_ ABSL_GUARDED_BY(statements_mutex_);
  bool registrar_stopping_ ABSL_GUARDED_BY(statements_mutex_) = false;
  std::thread registrar_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_INGEST_PIPELINE_H_
