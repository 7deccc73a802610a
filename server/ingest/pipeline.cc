#include "server/ingest/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "core/base/hash.h"

namespace nbo::server {
namespace {

// What an event takes besides its receipt: its place in the queue, its callback, its place in a stream.
constexpr size_t kEventBytes = 384;

}  // namespace

IngestPipeline::IngestPipeline(const IngestOptions& options, ProfileStore* store, IngestObserver* observer)
    : options_(options), budget_(options.max_queue_bytes), recorder_(store), observer_(observer) {
  for (int i = 0; i < options.writers; ++i) writers_.push_back(std::make_unique<Writer>());
  for (auto& writer : writers_) {
    writer->thread = std::thread([this, w = writer.get()] { Run(w); });
  }
}

IngestPipeline::~IngestPipeline() {
  for (auto& writer : writers_) {
    absl::MutexLock lock(&writer->mutex);
    writer->stopping = true;
  }
  for (auto& writer : writers_) writer->thread.join();
}

IngestPipeline::Writer& IngestPipeline::WriterOf(absl::string_view customer_id) {
  return *writers_[PartitionOf(customer_id) % writers_.size()];
}

void IngestPipeline::Enqueue(absl::string_view customer_id, MemoryBudget::Charge charge,
                             std::variant<ReceiptJob, LinkJob> work) {
  Writer& writer = WriterOf(customer_id);
  absl::MutexLock lock(&writer.mutex);
  writer.queue.push_back({absl::Now(), std::move(charge), std::move(work)});
}

void IngestPipeline::Submit(Receipt receipt, ReceiptDone done) {
  const std::string customer_id = receipt.customer_id;
  MemoryBudget::Charge charge = budget_.Take(kEventBytes + MemoryBytes(receipt));
  Enqueue(customer_id, std::move(charge), ReceiptJob{std::move(receipt), std::move(done)});
}

absl::Status IngestPipeline::TrySubmit(Receipt receipt, ReceiptDone done) {
  const std::string customer_id = receipt.customer_id;
  absl::StatusOr<MemoryBudget::Charge> charge = budget_.TryTake(kEventBytes + MemoryBytes(receipt));
  if (!charge.ok()) return charge.status();
  Enqueue(customer_id, *std::move(charge), ReceiptJob{std::move(receipt), std::move(done)});
  return absl::OkStatus();
}

absl::Status IngestPipeline::TrySubmitLink(IdentityLink link, LinkDone done) {
  const std::string customer_id = DerivedCustomerId(link.identity);
  absl::StatusOr<MemoryBudget::Charge> charge = budget_.TryTake(kEventBytes + sizeof(link));
  if (!charge.ok()) return charge.status();
  Enqueue(customer_id, *std::move(charge), LinkJob{std::move(link), std::move(done)});
  return absl::OkStatus();
}

size_t IngestPipeline::QueueLength() const {
  size_t length = 0;
  for (const auto& writer : writers_) {
    absl::MutexLock lock(&writer->mutex);
    length += writer->queue.size();
  }
  return length;
}

void IngestPipeline::Run(Writer* writer) {
  auto has_work = [writer]()
                      ABSL_SHARED_LOCKS_REQUIRED(writer->mutex) { return !writer->queue.empty() || writer->stopping; };
  std::vector<Job> jobs;
  while (true) {
    jobs.clear();
    {
      absl::MutexLock lock(&writer->mutex, absl::Condition(&has_work));
      // Whatever waits is written together: the longer a sync takes, the larger the next group.
      const size_t count = std::min(writer->queue.size(), options_.max_group);
      std::move(writer->queue.begin(), writer->queue.begin() + count, std::back_inserter(jobs));
      writer->queue.erase(writer->queue.begin(), writer->queue.begin() + count);
      if (jobs.empty()) return;  // stopping, and nothing left
    }
    const absl::Time start = absl::Now();
    observer_->OnStart(start - jobs.front().queued);
    Process(&jobs);
    observer_->OnGroup(jobs.size(), absl::Now() - start);
  }
}

void IngestPipeline::Process(std::vector<Job>* jobs) {
  for (size_t begin = 0; begin < jobs->size();) {
    if (auto* link = std::get_if<LinkJob>(&(*jobs)[begin].work)) {
      link->done(recorder_.Link(link->link));
      ++begin;
      continue;
    }
    size_t end = begin + 1;
    while (end < jobs->size() && std::holds_alternative<ReceiptJob>((*jobs)[end].work)) ++end;
    ProcessReceipts(absl::MakeSpan(*jobs).subspan(begin, end - begin));
    begin = end;
  }
}

void IngestPipeline::ProcessReceipts(absl::Span<Job> jobs) {
  std::vector<const Receipt*> receipts;
  receipts.reserve(jobs.size());
  for (const Job& job : jobs) receipts.push_back(&std::get<ReceiptJob>(job.work).receipt);
  const std::vector<absl::StatusOr<RecordResult>> results = recorder_.Record(receipts);
  for (size_t i = 0; i < jobs.size(); ++i) {
    observer_->OnReceipt(results[i]);
    std::get<ReceiptJob>(jobs[i].work).done(results[i]);
  }
}

}  // namespace nbo::server
