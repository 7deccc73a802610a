#include "server/ingest/pipeline.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/hash.h"

namespace nbo::server {
namespace {

// What an event takes besides its receipt: its place in the queue, its callback, its place in a stream.
constexpr size_t kEventBytes = 384;

constexpr size_t kMaxStatements = 1024;     // waiting, beyond which they are refused
constexpr size_t kStatementsPerGroup = 64;  // carried out before the writers go on, and made durable by one sync
constexpr absl::Duration kLongestPause = absl::Milliseconds(5);  // of the writers, but for the one that is under way

// Somebody waits at the till for an offer, nobody for a receipt: where both want the processor, offers go first. On
// Linux this is the calling thread's alone. Where it is not allowed nothing is lost but that.
void YieldToOffers() { setpriority(PRIO_PROCESS, 0, 5); }

}  // namespace

IngestPipeline::IngestPipeline(const IngestOptions& options, ProfileStore* store, IngestObserver* observer)
    : options_(options),
      budget_(options.max_queue_bytes),
      store_(store),
      recorder_(store),
      registry_(store),
      observer_(observer) {
  for (int i = 0; i < options.writers; ++i) writers_.push_back(std::make_unique<Writer>());
  for (auto& writer : writers_) {
    writer->thread = std::thread([this, w = writer.get()] { RunWriter(w); });
  }
  registrar_ = std::thread([this] { RunRegistrar(); });
}

IngestPipeline::~IngestPipeline() {
  {
    absl::MutexLock lock(&statements_mutex_);
    registrar_stopping_ = true;
  }
  registrar_.join();
  for (auto& writer : writers_) {
    absl::MutexLock lock(&writer->mutex);
    writer->stopping = true;
  }
  for (auto& writer : writers_) writer->thread.join();
}

IngestPipeline::Writer& IngestPipeline::WriterOf(absl::string_view customer_id) {
  return *writers_[PartitionOf(customer_id) % writers_.size()];
}

void IngestPipeline::Finish(const absl::StatusOr<RecordResult>& result, Job* job) {
  observer_->OnReceipt(result);
  const bool recorded = result.ok() && *result != RecordResult::kErased;
  if (recorded && *result != RecordResult::kSuperseded && on_recorded_) on_recorded_(job->receipt);
  job->done(result, recorded ? absl::string_view(job->receipt.customer_id) : absl::string_view());
}

bool IngestPipeline::Resolve(Job* job) {
  job->epoch = epoch_.load(std::memory_order_acquire);  // before the store is read
  auto somebody = recorder_.Resolve(&job->receipt);
  if (somebody.ok() && *somebody) return true;
  Finish(somebody.ok() ? absl::StatusOr<RecordResult>(RecordResult::kErased) : somebody.status(), job);
  return false;
}

void IngestPipeline::Accept(Receipt receipt, MemoryBudget::Charge charge, ReceiptDone done) {
  Job job{absl::Now(), 0, std::move(charge), std::move(receipt), std::move(done)};
  // A customer id may have been merged, but that shows when its state is read; an identity must be looked up.
  if (job.receipt.addressed_by.has_value() && !Resolve(&job)) return;
  Writer& writer = WriterOf(job.receipt.customer_id);
  absl::MutexLock lock(&writer.mutex);
  writer.queue.push_back(std::move(job));
}

void IngestPipeline::Submit(Receipt receipt, ReceiptDone done) {
  MemoryBudget::Charge charge = budget_.Take(kEventBytes + MemoryBytes(receipt));
  Accept(std::move(receipt), std::move(charge), std::move(done));
}

absl::Status IngestPipeline::TrySubmit(Receipt receipt, ReceiptDone done) {
  absl::StatusOr<MemoryBudget::Charge> charge = budget_.TryTake(kEventBytes + MemoryBytes(receipt));
  if (!charge.ok()) return charge.status();
  Accept(std::move(receipt), *std::move(charge), std::move(done));
  return absl::OkStatus();
}

absl::Status IngestPipeline::TrySubmitStatement(Statement run, StatementDone done) {
  absl::MutexLock lock(&statements_mutex_);
  if (statements_.size() >= kMaxStatements) {
    return absl::ResourceExhaustedError(absl::StrCat("the server has ", statements_.size(),
                                                     " statements about identities and customers waiting; send it "
                                                     "again in a second"));
  }
  if (registrar_stopping_) return absl::UnavailableError("the server is shutting down; send it again");
  statements_.push_back({std::move(run), std::move(done)});
  return absl::OkStatus();
}

absl::Status IngestPipeline::State(const Statement& run) {
  absl::Notification ended;
  absl::Status status;
  auto done = [&](const absl::Status& result) {
    status = result;
    ended.Notify();
  };
  {
    absl::MutexLock lock(&statements_mutex_);
    auto has_room = [this]() ABSL_SHARED_LOCKS_REQUIRED(statements_mutex_) {
      return statements_.size() < kMaxStatements || registrar_stopping_;
    };
    statements_mutex_.Await(absl::Condition(&has_room));
    if (registrar_stopping_) return absl::UnavailableError("the server is shutting down");
    statements_.push_back({run, done});
  }
  ended.WaitForNotification();
  return status;
}

size_t IngestPipeline::QueueLength() const {
  size_t length = 0;
  for (const auto& writer : writers_) {
    absl::MutexLock lock(&writer->mutex);
    length += writer->queue.size();
  }
  return length;
}

void IngestPipeline::RunWriter(Writer* writer) {
  YieldToOffers();
  auto has_work = [writer]()
                      ABSL_SHARED_LOCKS_REQUIRED(writer->mutex) { return !writer->queue.empty() || writer->stopping; };
  auto is_full = [this, writer]() ABSL_SHARED_LOCKS_REQUIRED(writer->mutex) {
    return writer->queue.size() >= options_.max_group || writer->stopping;
  };
  std::vector<Job> jobs;
  absl::Time next = absl::InfinitePast();  // group, unless it is full before
  while (true) {
    jobs.clear();
    {
      absl::MutexLock lock(&writer->mutex, absl::Condition(&has_work));
      // A sync costs as much as ten receipts. A steady stream is gathered; an event by itself is written at once.
      if (next > absl::Now()) writer->mutex.AwaitWithDeadline(absl::Condition(&is_full), next);
      // Whatever waits is written together: the longer a sync takes, the larger the next group.
      const size_t count = std::min(writer->queue.size(), options_.max_group);
      std::move(writer->queue.begin(), writer->queue.begin() + count, std::back_inserter(jobs));
      writer->queue.erase(writer->queue.begin(), writer->queue.begin() + count);
      if (jobs.empty()) {  // stopping, and nothing left
        writer->ended = true;
        return;
      }
    }
    const absl::Time start = absl::Now();
    next = jobs.size() > 1 ? start + options_.linger : absl::InfinitePast();
    observer_->OnStart(start - jobs.front().queued);
    {
      absl::ReaderMutexLock gate(&gate_);
      Process(writer, &jobs);
    }
    observer_->OnGroup(jobs.size(), absl::Now() - start);
    if (on_group_end_) on_group_end_();
  }
}

void IngestPipeline::Process(Writer* writer, std::vector<Job>* jobs) {
  const uint64_t epoch = epoch_.load(std::memory_order_acquire);
  std::vector<Job*> mine;
  std::vector<const Receipt*> receipts;
  mine.reserve(jobs->size());
  receipts.reserve(jobs->size());
  for (Job& job : *jobs) {
    if (job.epoch != epoch && job.receipt.addressed_by.has_value()) {
      if (!Resolve(&job)) continue;
      if (&WriterOf(job.receipt.customer_id) != writer) {
        Requeue(std::move(job));
        continue;
      }
    }
    mine.push_back(&job);
    receipts.push_back(&job.receipt);
  }
  const std::vector<absl::StatusOr<RecordResult>> results = recorder_.Record(receipts);
  for (size_t i = 0; i < mine.size(); ++i) {
    if (!results[i].ok() || *results[i] != RecordResult::kElsewhere) {
      Finish(results[i], mine[i]);
    } else if (Resolve(mine[i])) {
      Requeue(std::move(*mine[i]));
    }
  }
}

void IngestPipeline::Requeue(Job job) {
  Writer& writer = WriterOf(job.receipt.customer_id);
  {
    absl::MutexLock lock(&writer.mutex);
    if (!writer.ended) {
      writer.queue.push_back(std::move(job));
      return;
    }
  }
  Finish(absl::UnavailableError("the server is shutting down; send it again"), &job);
}

void IngestPipeline::RunRegistrar() {
  auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(statements_mutex_) {
    return !statements_.empty() || registrar_stopping_;
  };
  while (true) {
    std::vector<StatementJob> jobs;
    {
      absl::MutexLock lock(&statements_mutex_, absl::Condition(&has_work));
      const size_t count = std::min(statements_.size(), kStatementsPerGroup);
      std::move(statements_.begin(), statements_.begin() + count, std::back_inserter(jobs));
      statements_.erase(statements_.begin(), statements_.begin() + count);
      if (jobs.empty()) return;  // stopping, and nothing left
    }
    std::vector<absl::Status> results;
    while (results.size() < jobs.size()) {
      absl::WriterMutexLock gate(&gate_);
      const absl::Time start = absl::Now();
      do {
        results.push_back(jobs[results.size()].run(&registry_));
      } while (results.size() < jobs.size() && absl::Now() - start < kLongestPause);
      epoch_.fetch_add(1, std::memory_order_release);
    }
    // Outside the gate: a receipt that was recorded in the light of these statements comes after them in the log, and
    // its own sync makes them durable, too.
    const absl::Status synced = store_->Sync();
    for (size_t i = 0; i < jobs.size(); ++i) jobs[i].done(results[i].ok() ? synced : results[i]);
  }
}

}  // namespace nbo::server
