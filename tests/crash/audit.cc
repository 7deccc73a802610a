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

// Hands out each number once; every one must be recorded.
class ReplayScript : public Script {
 public:
  ReplayScript(const EventShape& shape, std::vector<uint64_t> numbers) : shape_(shape), numbers_(std::move(numbers)) {}

  std::optional<Task> Next() override {
    absl::MutexLock lock(&mutex_);
    if (next_ == numbers_.size()) return std::nullopt;
    return Task{numbers_[next_++], Purpose::kFirst};
  }
  void Note(const Task& task, Answer answer, const std::string& message) override {
    absl::MutexLock lock(&mutex_);
    const bool receipt = RevisionOf(shape_, task.number).has_value();
    if (IsRecorded(answer) && !(receipt && answer == Answer::kDuplicate)) {
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
  const EventShape shape_;
  const std::vector<uint64_t> numbers_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t accepted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string error_ ABSL_GUARDED_BY(mutex_);
};

// Everybody who can be asked for.
std::vector<std::pair<std::string, v1::CustomerRef>> Names(const EventShape& shape) {
  std::vector<std::pair<std::string, v1::CustomerRef>> names;
  for (int customer = 0; customer < shape.customers; ++customer) {
    v1::CustomerRef ref;
    ref.set_customer_id(CustomerId(customer));
    names.emplace_back(ref.customer_id(), ref);
  }
  for (int card = 0; card < shape.cards; ++card) {
    v1::CustomerRef ref;
    *ref.mutable_identity() = Card(card);
    names.emplace_back(absl::StrCat("~c:", ref.identity().value()), ref);
  }
  return names;
}

}  // namespace

absl::Status Replay(int port, const EventShape& shape, std::vector<uint64_t> numbers) {
  std::mt19937_64 random(shape.seed);
  std::shuffle(numbers.begin(), numbers.end(), random);
  ReplayScript script(shape, std::move(numbers));
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
  for (const auto& [name, ref] : Names(shape)) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::GetProfileRequest request;
    *request.mutable_customer() = ref;
    v1::GetProfileResponse response;
    const grpc::Status status = stub->GetProfile(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) continue;
    if (!status.ok()) return absl::InternalError(absl::StrCat("GetProfile: ", status.error_message()));
    Profile& profile = profiles[name];
    profile.customer_id = response.customer_id();
    profile.digest = response.state_digest();
    for (const v1::WindowFeatures& window : response.windows()) {
      if (window.window_days() == 0) profile.totals = {window.frequency(), window.revenue_minor()};
    }
  }
  return profiles;
}

AuditResult Compare(const Profiles& found, const Profiles& replayed, const EventShape& shape, const Model& model) {
  AuditResult result;
  auto get = [](const auto& map, const std::string& id) {
    auto it = map.find(id);
    return it == map.end() ? std::decay_t<decltype(it->second)>() : it->second;
  };
  const std::map<std::string, Totals> expected = model.TotalsByCustomer();
  std::set<std::string> counted;
  for (const auto& [name, ref] : Names(shape)) {
    const Profile mine = get(found, name), clean = get(replayed, name);
    const std::string owner =
        ref.has_identity() ? model.OwnerNow(ref.identity().value()) : model.Survivor(ref.customer_id());
    const Totals must = get(expected, owner);
    if (counted.insert(owner).second) {
      if (!mine.customer_id.empty()) ++result.customers;
      result.missing += std::max<int64_t>(0, must.visits - mine.totals.visits);
      result.double_counted += std::max<int64_t>(0, mine.totals.visits - must.visits);
    }
    const bool owned = mine.customer_id == owner || (mine.customer_id.empty() && must == Totals());
    if (owned && mine.totals == must && clean.totals == must && mine.digest == clean.digest &&
        mine.customer_id == clean.customer_id) {
      continue;
    }
    if (result.differences.size() >= kDifferencesTold) continue;
    auto tell = [](const Profile& profile) {
      return absl::StrCat(profile.customer_id, ", visits ", profile.totals.visits, ", revenue ",
                          profile.totals.revenue_minor, ", state ", profile.digest);
    };
    result.differences.push_back(absl::StrCat(name, ": ", tell(mine), "; clean replay: ", tell(clean),
                                              "; of what was acknowledged: ", owner, ", visits ", must.visits,
                                              ", revenue ", must.revenue_minor));
  }
  return result;
}

}  // namespace nbo::crash
