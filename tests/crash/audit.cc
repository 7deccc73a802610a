#include "tests/crash/audit.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nbo/v1/profile_service.grpc.pb.h"

namespace nbo::crash {
namespace {

constexpr size_t kDifferencesTold = 20;

// Hands out each number once; every answer must be "accepted".
class ReplayScript : public Script {
 public:
  explicit ReplayScript(std::vector<uint64_t> numbers) : numbers_(std::move(numbers)) {}

  std::optional<Task> Next() override {
    absl::MutexLock lock(&mutex_);
    if (next_ == numbers_.size()) return std::nullopt;
    return Task{numbers_[next_++], Purpose::kFirst};
  }
  void Note(const Task& task, Answer answer, const std::string& message) override {
    absl::MutexLock lock(&mutex_);
    if (answer == Answer::kAccepted) {
      ++accepted_;
    } else if (error_.empty()) {
      error_ = absl::StrCat("event ", task.number, " is not accepted by the clean replay: ", message);
    }
  }
  void Unanswered(const Task&) override {}

  absl::Status Result() const {
    absl::MutexLock lock(&mutex_);
    if (!error_.empty()) return absl::InternalError(error_);
    if (accepted_ != numbers_.size()) return absl::InternalError("the clean replay was not answered to the end");
    return absl::OkStatus();
  }

 private:
  mutable absl::Mutex mutex_;
  const std::vector<uint64_t> numbers_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t accepted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status Replay(int port, const EventShape& shape, std::vector<uint64_t> numbers) {
  std::mt19937_64 random(shape.seed);
  std::shuffle(numbers.begin(), numbers.end(), random);
  ReplayScript script(std::move(numbers));
  LoadOptions options;
  options.offers = false;
  options.unary_threads = 0;
  options.window = 1000;
  Load load(port, shape, options, &script);
  load.Join();
  for (const std::string& complaint : load.complaints()) return absl::InternalError(complaint);
  return script.Result();
}

absl::StatusOr<Profiles> ReadProfiles(int port, const EventShape& shape) {
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  const auto stub = v1::ProfileService::NewStub(channel);
  Profiles profiles;
  for (int customer = 0; customer < shape.customers; ++customer) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetProfileRequest request;
    request.mutable_customer()->set_customer_id(CustomerId(customer));
    v1::GetProfileResponse response;
    const grpc::Status status = stub->GetProfile(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) continue;
    if (!status.ok()) return absl::InternalError(absl::StrCat("GetProfile: ", status.error_message()));
    Profile& profile = profiles[CustomerId(customer)];
    profile.digest = response.state_digest();
    for (const v1::WindowFeatures& window : response.windows()) {
      if (window.window_days() == 0) profile.totals = {window.frequency(), window.revenue_minor()};
    }
  }
  return profiles;
}

AuditResult Compare(const Profiles& found, const Profiles& replayed, const ExpectedTotals& expected) {
  AuditResult result;
  std::set<std::string> ids;
  for (const auto& [id, profile] : found) ids.insert(id);
  for (const auto& [id, profile] : replayed) ids.insert(id);
  for (const auto& [id, totals] : expected.by_customer()) ids.insert(id);
  result.customers = static_cast<int64_t>(ids.size());
  auto get = [](const auto& map, const std::string& id) {
    auto it = map.find(id);
    return it == map.end() ? std::decay_t<decltype(it->second)>() : it->second;
  };
  for (const std::string& id : ids) {
    const Profile mine = get(found, id), clean = get(replayed, id);
    const Totals must = get(expected.by_customer(), id);
    result.missing += std::max<int64_t>(0, must.visits - mine.totals.visits);
    result.double_counted += std::max<int64_t>(0, mine.totals.visits - must.visits);
    if (mine.totals == must && clean.totals == must && mine.digest == clean.digest) continue;
    if (result.differences.size() < kDifferencesTold) {
      result.differences.push_back(
          absl::StrCat(id, ": visits ", mine.totals.visits, ", revenue ", mine.totals.revenue_minor, ", state ",
                       mine.digest, "; clean replay: ", clean.totals.visits, ", ", clean.totals.revenue_minor, ", ",
                       clean.digest, "; sum of what was acknowledged: ", must.visits, ", ", must.revenue_minor));
    }
  }
  return result;
}

}  // namespace nbo::crash
