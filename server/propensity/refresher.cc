#include "server/propensity/refresher.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/catalog/terms.h"

namespace nbo::server {
namespace {

// How soon it is seen that another catalog is in force.
constexpr absl::Duration kCatalogPoll = absl::Milliseconds(250);
// How long a disk may take to make the log durable before what was learned is kept another time.
constexpr absl::Duration kDurable = absl::Seconds(10);
// How soon the whole log is searched again for what can be read behind damage.
constexpr absl::Duration kSearchAgain = absl::Hours(1);
constexpr int kEventsPerLook = 256;  // between two looks whether the end has come

absl::Status ShuttingDown() { return absl::UnavailableError("the server is shutting down"); }

// What must not be in the store before it is in the log: a power cut would take it from there, and the position with
// it.
absl::Status AwaitDurable(uint64_t position, DecisionLog* log) {
  struct Told {
    absl::Notification done;
    absl::Status status;
  };
  auto told = std::make_shared<Told>();  // may be told of it after we have given up
  log->WhenDurable(position, [told](const absl::Status& status) {
    told->status = status;
    told->done.Notify();
  });
  if (!told->done.WaitForNotificationWithTimeout(kDurable)) return absl::UnavailableError("the disk does not answer");
  return told->status;
}

}  // namespace

PropensityRefresher::PropensityRefresher(const PropensityOptions& options, DecisionLog* log, PropensityArchive* archive,
                                         const ActiveCatalog* catalogs, ActivePropensities* active, const Clock* clock,
                                         Metrics* metrics)
    : options_(options),
      log_(log),
      archive_(archive),
      catalogs_(catalogs),
      active_(active),
      clock_(clock),
      metrics_(metrics),
      keep_due_(clock->Now() + options.keep_interval) {
  Load();
  Publish();
  thread_ = std::thread([this] { Run(); });
}

void PropensityRefresher::Load() {
  absl::StatusOr<std::optional<LearnedState>> kept = archive_->Read();
  if (!kept.ok()) {
    spdlog::error("propensities: what was learned cannot be used, the log is read from its beginning: {}",
                  std::string(kept.status().message()));
  }
  LearnedState state;
  if (kept.ok() && kept->has_value()) state = **std::move(kept);
  if (state.position > log_->end()) {
    spdlog::error(
        "propensities: what was learned goes further than the log: what is new in the log from now on counts");
    state.position = log_->end();
  }
  kept_position_ = state.position;
  learner_.emplace(state, options_.max_open_trials);
}

absl::Status PropensityRefresher::Refresh() {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return ShuttingDown();
  // One that is under way may have read the log already.
  const uint64_t mine = ++wanted_;
  const auto over = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return done_ >= mine; };
  mutex_.Await(absl::Condition(&over));
  return result_;
}

void PropensityRefresher::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void PropensityRefresher::Run() {
  // Offers and receipts come first. On Linux this is the calling thread alone; lowering needs no privilege.
  setpriority(PRIO_PROCESS, 0, 19);
  while (AwaitWork()) {
    FreeRetired();
    bool asked = false;
    {
      absl::MutexLock lock(&mutex_);
      asked = wanted_ > done_;
    }
    if (asked || due_ <= clock_->Now()) {
      DoRefresh();
    } else if (current_->catalog_version != catalogs_->Pin()->version) {
      Publish();
    }
  }
  KeepIfDue(/*stopping=*/true);
  absl::MutexLock lock(&mutex_);
  done_ = UINT64_MAX;
  result_ = ShuttingDown();
}

bool PropensityRefresher::AwaitWork() {
  absl::MutexLock lock(&mutex_);
  const absl::Duration left = std::clamp(due_ - clock_->Now(), absl::ZeroDuration(), kCatalogPoll);
  mutex_.AwaitWithTimeout(absl::Condition(this, &PropensityRefresher::Wanted), left);
  return !stopping_;
}

void PropensityRefresher::DoRefresh() {
  uint64_t number = 0;
  {
    absl::MutexLock lock(&mutex_);
    number = wanted_;
  }
  const absl::Status learned = Learn();
  // A trial that was closed too early, since its success could not be read yet, has it added later.
  const absl::Time now = clock_->Now();
  learner_->AdvanceTo(now);
  Publish();
  if (learned.ok()) {
    metrics_->ShowLearned(now);
    told_.clear();
  } else if (told_ != learned.message() && !Stopping()) {
    told_ = std::string(learned.message());
    spdlog::error("propensities: not all of the log was read: {}", told_);
  }
  KeepIfDue(/*stopping=*/false);
  due_ = clock_->Now() + options_.interval;
  absl::MutexLock lock(&mutex_);
  done_ = number;
  result_ = learned;
}

absl::Status PropensityRefresher::Learn() {
  const uint64_t before = learner_->position();
  const absl::Status read = LearnFrom(before);
  if (!absl::IsDataLoss(read) || learner_->position() != before || before == 0) return read;
  if (clock_->Now() < search_due_) return read;
  search_due_ = clock_->Now() + kSearchAgain;
  // Either what follows was dropped with age, or it is damaged. What is left and was taken in already is skipped.
  const absl::Status rest = LearnFrom(0);
  if (rest.ok() && learner_->position() != before) {
    spdlog::warn("propensities: the log was dropped further than it was learned from; going on with its oldest events");
  }
  return rest;
}

absl::Status PropensityRefresher::LearnFrom(uint64_t position) {
  absl::Status taken;
  int events = 0;
  const auto find = [this](const DecisionId& id) { return log_->Find(id); };
  const absl::Status read = log_->Replay(position, [&](const LedgerEvent& event, uint64_t end) {
    taken = ++events % kEventsPerLook == 0 && Stopping() ? ShuttingDown() : learner_->Take(event, end, find);
    return taken.ok();
  });
  return taken.ok() ? read : taken;
}

void PropensityRefresher::Publish() {
  const std::shared_ptr<const Catalog> catalog = catalogs_->Pin();
  auto next = std::make_shared<const CatalogPropensities>(CatalogPropensities{
      catalog->version, PropensityModel(PriorsOf(*catalog), RfmSegmentKeys(*catalog), learner_->counts())});
  if (current_ != nullptr) retired_.push_back(std::move(current_));
  current_ = next;
  active_->Swap(std::move(next));
  OutcomeCount sum;
  for (const auto& [key, count] : learner_->counts().counts()) {
    sum.trials += count.trials;
    sum.successes += count.successes;
  }
  metrics_->ShowTrials(sum.trials, sum.successes, learner_->open_trials());
}

// Large models are freed here, not by the last decision that used one.
void PropensityRefresher::FreeRetired() {
  const auto unused = [](const auto& model) { return model.use_count() == 1; };
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(), unused), retired_.end());
}

void PropensityRefresher::KeepIfDue(bool stopping) {
  const uint64_t position = learner_->position();
  const absl::Time now = clock_->Now();
  if (position == kept_position_ || (!stopping && now < keep_due_)) return;
  keep_due_ = now + options_.keep_interval;
  absl::Status kept = AwaitDurable(position, log_);
  if (kept.ok()) kept = archive_->Keep(learner_->State());
  if (!kept.ok()) {
    spdlog::error("propensities: what was learned is not kept, a restart will read more of the log: {}",
                  std::string(kept.message()));
    return;
  }
  kept_position_ = position;
}

}  // namespace nbo::server
