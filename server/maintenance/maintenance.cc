#include "server/maintenance/maintenance.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/civil.h"
#include "core/base/hash.h"

namespace nbo::server {
namespace {

// Customers for whom the writers pause together: some milliseconds.
constexpr size_t kChunk = 32;
constexpr absl::Duration kRetentionPeriod = absl::Hours(24);

void LogEnd(const char* what, const WalkProgress& walk) {
  spdlog::info("{}: {} customers, {} changes, {} customers with unreadable records, {:.1f} s{}{}", what, walk.customers,
               walk.changed, walk.failed, absl::ToDoubleSeconds(walk.end - walk.start), walk.error.empty() ? "" : "; ",
               walk.error);
}

}  // namespace

Maintenance::Maintenance(const MaintenanceOptions& options, const ProfileStore* store, IngestPipeline* pipeline,
                         const Clock* clock, std::function<absl::Status()> compact)
    : options_(options), store_(store), pipeline_(pipeline), clock_(clock), compact_(std::move(compact)) {
  thread_ = std::thread([this] { Run(); });
}

Maintenance::~Maintenance() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool Maintenance::StartRebuild() {
  absl::MutexLock lock(&mutex_);
  if (rebuild_wanted_ || rebuild_.running) return false;
  rebuild_wanted_ = true;
  rebuild_ = {};
  rebuild_.running = true;
  rebuild_.start = clock_->Now();
  return true;
}

WalkProgress Maintenance::rebuild() const {
  absl::MutexLock lock(&mutex_);
  return rebuild_;
}

WalkProgress Maintenance::retention() const {
  absl::MutexLock lock(&mutex_);
  return retention_;
}

void Maintenance::Compact(std::function<void(const absl::Status&)> done) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      compactions_.push_back(std::move(done));
      return;
    }
  }
  done(absl::UnavailableError("the server is shutting down; send it again"));
}

void Maintenance::Run() {
  auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || rebuild_wanted_ || !compactions_.empty();
  };
  absl::Time next_retention = absl::InfinitePast();
  while (true) {
    bool rebuild = false, stopping = false;
    std::deque<std::function<void(const absl::Status&)>> compactions;
    {
      absl::MutexLock lock(&mutex_);
      if (options_.retention_days == 0) {
        mutex_.Await(absl::Condition(&has_work));
      } else if (clock_->Now() < next_retention) {
        mutex_.AwaitWithTimeout(absl::Condition(&has_work), next_retention - clock_->Now());
      }
      compactions.swap(compactions_);
      stopping = stopping_;
      rebuild = std::exchange(rebuild_wanted_, false);
    }
    if (stopping) {
      for (auto& done : compactions) done(absl::UnavailableError("the server is shutting down; send it again"));
      return;
    }
    if (!compactions.empty()) {
      const absl::Status status = compact_();
      for (auto& done : compactions) done(status);
    }
    if (rebuild) Rebuild();
    if (options_.retention_days > 0 && clock_->Now() >= next_retention) {
      DropOldReceipts();
      next_retention = clock_->Now() + kRetentionPeriod;
    }
  }
}

bool Maintenance::WalkChunk(const std::vector<std::string>& ids, WalkProgress* progress, const Visit& visit) {
  absl::Status stated = pipeline_->State([&](Registry* registry) -> absl::Status {
    for (const std::string& id : ids) {
      auto changes = visit(registry, id);
      absl::MutexLock lock(&mutex_);
      ++progress->customers;
      if (changes.ok()) {
        progress->changed += *changes;
      } else if (!absl::IsUnavailable(changes.status())) {
        ++progress->failed;  // the id is a person's: it is not logged
        progress->error = std::string(changes.status().message());
      } else {
        return changes.status();
      }
    }
    return absl::OkStatus();
  });
  absl::MutexLock lock(&mutex_);
  if (!stated.ok()) progress->error = std::string(stated.message());
  return stated.ok() && !stopping_;
}

void Maintenance::Walk(WalkProgress* progress, const Visit& visit) {
  bool going_on = true;
  for (uint32_t partition = 0; partition < kPartitions && going_on; ++partition) {
    std::string after;
    while (going_on) {
      auto ids = store_->ListCustomers(partition, after, kChunk);
      if (!ids.ok()) {
        absl::MutexLock lock(&mutex_);
        progress->error = std::string(ids.status().message());
        going_on = false;
      } else if (ids->empty()) {
        break;
      } else {
        going_on = WalkChunk(*ids, progress, visit);
        after = ids->back();
      }
    }
  }
  absl::MutexLock lock(&mutex_);
  if (!going_on && progress->error.empty()) progress->error = "broken off: the server was shut down";
  progress->running = false;
  progress->end = clock_->Now();
}

void Maintenance::Rebuild() {
  Walk(&rebuild_, [](Registry* registry, absl::string_view id) -> absl::StatusOr<int64_t> {
    auto changed = registry->Rebuild(id);
    if (!changed.ok()) return changed.status();
    return *changed ? 1 : 0;
  });
  LogEnd("rebuild of the states", rebuild());
}

void Maintenance::DropOldReceipts() {
  {
    absl::MutexLock lock(&mutex_);
    retention_ = {};
    retention_.running = true;
    retention_.start = clock_->Now();
  }
  const Day horizon = DayIn(clock_->Now(), options_.time_zone) - options_.retention_days;
  Walk(&retention_,
       [horizon](Registry* registry, absl::string_view id) { return registry->DropReceiptsBefore(id, horizon); });
  LogEnd("receipts older than retention.receipts_days", retention());
}

}  // namespace nbo::server
