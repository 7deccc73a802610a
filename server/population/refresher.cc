#include "server/population/refresher.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "core/features/features.h"

namespace nbo::server {
namespace {

// After a failure, and while there are no customers yet.
constexpr absl::Duration kRetry = absl::Minutes(1);
// A reading that was itself held up must not be paid for with a long pause.
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

absl::Status ShuttingDown() { return absl::UnavailableError("the server is shutting down"); }

}  // namespace

PopulationRefresher::PopulationRefresher(const PopulationOptions& options, const ProfileStore* store,
                                         PopulationArchive* archive, ActivePopulation* active, const Clock* clock,
                                         Metrics* metrics)
    : options_(options), store_(store), archive_(archive), active_(active), clock_(clock), metrics_(metrics) {
  Load();
  thread_ = std::thread([this] { Run(); });
}

void PopulationRefresher::Load() {
  const bool by_itself = options_.interval > absl::ZeroDuration();
  due_ = by_itself ? absl::InfinitePast() : absl::InfiniteFuture();
  auto kept = archive_->Read();
  if (!kept.ok()) {
    spdlog::error("the population kept in the store cannot be used: {}", std::string(kept.status().message()));
    return;
  }
  if (!kept->has_value()) return;
  auto population = std::make_shared<const Population>(**std::move(kept));
  metrics_->ShowPopulation(*population);
  if (by_itself && population->customers > 0) due_ = population->compute_time + options_.interval;
  active_->Swap(std::move(population));
}

void PopulationRefresher::Refresh(std::optional<Day> as_of_day, Done done) {
  absl::Status refusal;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      refusal = ShuttingDown();
    } else if (waiting_.size() >= options_.max_waiting) {
      refusal = absl::ResourceExhaustedError("too many callers wait for a refresh; ask again when it is done");
    } else {
      waiting_.push_back({as_of_day, std::move(done)});
    }
  }
  if (!refusal.ok()) done(refusal);
}

void PopulationRefresher::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void PopulationRefresher::Run() {
  // Offers and receipts come first. On Linux this is the calling thread alone; lowering needs no privilege.
  setpriority(PRIO_PROCESS, 0, 19);
  std::deque<Waiting> served;
  while (AwaitWork(&served)) {
    const Day today = DayIn(clock_->Now(), options_.time_zone);
    const Day as_of_day = served.empty() ? today : served.front().as_of_day.value_or(today);
    const absl::Time start = absl::Now();
    const auto population = Compute(as_of_day);
    metrics_->CountRefresh(population.ok(), absl::Now() - start);
    if (!population.ok()) spdlog::error("population: not refreshed: {}", std::string(population.status().message()));
    Schedule(population.ok());
    for (const Waiting& waiting : served) waiting.done(population);
    served.clear();
  }
  for (const Waiting& waiting : served) waiting.done(ShuttingDown());
}

bool PopulationRefresher::AwaitWork(std::deque<Waiting>* served) {
  absl::MutexLock lock(&mutex_);
  while (!Wanted()) {
    const absl::Duration left = due_ - clock_->Now();
    if (left <= absl::ZeroDuration()) return true;
    mutex_.AwaitWithTimeout(absl::Condition(this, &PopulationRefresher::Wanted), left);
  }
  if (stopping_) {
    served->swap(waiting_);
    return false;
  }
  // Everybody who wants the same day as the first.
  const std::optional<Day> as_of_day = waiting_.front().as_of_day;
  auto others = std::stable_partition(waiting_.begin(), waiting_.end(),
                                      [&](const Waiting& w) { return w.as_of_day == as_of_day; });
  std::move(waiting_.begin(), others, std::back_inserter(*served));
  waiting_.erase(waiting_.begin(), others);
  return true;
}

bool PopulationRefresher::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), std::min(duration, kLongestPause));
}

absl::Status PopulationRefresher::Scan(Day as_of_day, PopulationBuilder* builder) {
  int read = 0;
  bool broken_off = false;
  absl::Time block_start = absl::Now();
  const absl::StatusOr<int64_t> unreadable = store_->ScanStates([&](absl::string_view, const CustomerState& state) {
    if (auto values = RfmValuesOf(ComputeFeatures(state, as_of_day))) builder->Add(*values);
    if (++read % options_.block_customers != 0) return true;
    broken_off = !Pause(absl::Now() - block_start);
    block_start = absl::Now();
    return !broken_off;
  });
  if (broken_off) return ShuttingDown();
  if (unreadable.ok() && *unreadable > 0) spdlog::error("population: {} damaged profiles are left out", *unreadable);
  return unreadable.status();
}

absl::StatusOr<std::shared_ptr<const Population>> PopulationRefresher::Compute(Day as_of_day) {
  const absl::Time start = absl::Now();
  PopulationBuilder builder;
  if (absl::Status s = Scan(as_of_day, &builder); !s.ok()) return s;
  Population computed = builder.Build(as_of_day, options_.minor_per_major);
  // As exact as they are kept: a restart shows the same.
  computed.compute_time = absl::FromUnixMicros(absl::ToUnixMicros(clock_->Now()));
  computed.duration = absl::Trunc(absl::Now() - start, absl::Microseconds(1));
  // A full disk is no reason to work with old scores; only a restart would go back to them.
  if (absl::Status s = archive_->Keep(computed); !s.ok()) {
    spdlog::error("population: in force, but not kept: {}", std::string(s.message()));
  }
  auto population = std::make_shared<const Population>(computed);
  active_->Swap(population);
  metrics_->ShowPopulation(*population);
  // A new server looks every minute whether somebody has come.
  spdlog::log(population->customers > 0 ? spdlog::level::info : spdlog::level::debug,
              "population: {} customers scored in {:.2f} s", population->customers,
              absl::ToDoubleSeconds(population->duration));
  return population;
}

void PopulationRefresher::Schedule(bool ok) {
  if (options_.interval <= absl::ZeroDuration()) return;
  const auto population = active_->Pin();
  const bool found_somebody = ok && population != nullptr && population->customers > 0;
  due_ = clock_->Now() + (found_somebody ? options_.interval : std::min(options_.interval, kRetry));
}

}  // namespace nbo::server
