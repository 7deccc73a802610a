// The write path: one writer at a time per partition, one synced write per group of events.
#ifndef NBO_SERVER_INGEST_PIPELINE_H_
#define NBO_SERVER_INGEST_PIPELINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/profile/recorder.h"
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
  int writers = 2;                    // threads; partition p belongs to writer p mod writers
  size_t max_group = 512;             // events written together
  size_t max_queue_bytes = 64 << 20;  // of events waiting and being written, beyond which TrySubmit refuses
};

// Thread-safe. Callbacks run on writer threads and must not block.
class IngestPipeline {
 public:
  using ReceiptDone = std::function<void(const absl::StatusOr<RecordResult>&)>;
  using LinkDone = std::function<void(const absl::StatusOr<IdentityLink>&)>;

  // `store` and `observer` must outlive the pipeline.
  IngestPipeline(const IngestOptions& options, ProfileStore* store, IngestObserver* observer);
  // Writes what is queued, calls every callback, then stops.
  ~IngestPipeline();
  IngestPipeline(const IngestPipeline&) = delete;

  // Queues a valid receipt. `done` is called exactly once, after the group that holds it is durable, with the result of
  // Recorder::Record. Never refuses: the caller asks the budget before it reads what it submits (streams do).
  void Submit(Receipt receipt, ReceiptDone done);

  // As Submit, but RESOURCE_EXHAUSTED when the budget is used up; then `done` is not called.
  absl::Status TrySubmit(Receipt receipt, ReceiptDone done);

  // Queues a valid link; in order with the receipts of the identity's derived customer id.
  absl::Status TrySubmitLink(IdentityLink link, LinkDone done);

  // Events waiting now, over all writers.
  size_t QueueLength() const;

  // Counts what waits and what is being written.
  MemoryBudget& budget() { return budget_; }

 private:
  struct ReceiptJob {
    Receipt receipt;
    ReceiptDone done;
  };
  struct LinkJob {
    IdentityLink link;
    LinkDone done;
  };
  struct Job {
    absl::Time queued;
    MemoryBudget::Charge charge;
    std::variant<ReceiptJob, LinkJob> work;
  };

  struct Writer {
    mutable absl::Mutex mutex;
    std::deque<Job> queue ABSL_GUARDED_BY(mutex);
    bool stopping ABSL_GUARDED_BY(mutex) = false;
    std::thread thread;
  };

  Writer& WriterOf(absl::string_view customer_id);
  void Enqueue(absl::string_view customer_id, MemoryBudget::Charge charge, std::variant<ReceiptJob, LinkJob> work);
  void Run(Writer* writer);
  void Process(std::vector<Job>* jobs);
  void ProcessReceipts(absl::Span<Job> jobs);

  const IngestOptions options_;
  MemoryBudget budget_;
  Recorder recorder_;
  IngestObserver* const observer_;
  std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_INGEST_PIPELINE_H_
